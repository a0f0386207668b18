// The page behind a link from a mail: its secret goes from the address into the form, and the form when nothing else is wanted.
const form = document.querySelector<HTMLFormElement>("form[data-return]");
const secret = form?.querySelector<HTMLInputElement>("input[name=secret]");

/** The fragment never reaches a server by itself; it leaves the address bar before anything else happens. */
function takeSecret(): void {
  const found = location.hash.slice(1);
  if (!form || !secret || !found || found === "main" || document.getElementById(found)) return; // the page's own places
  history.replaceState(null, "", location.pathname + location.search);
  secret.value = found;
  showWhatIsAsked();
  if ("held" in form.dataset) form.submit(); // who is in that conversation already needs no code
}

/** Nobody types what is known; the code is what is asked. */
function showWhatIsAsked(): void {
  if (!secret?.value) return;
  secret.closest<HTMLElement>(".field")!.hidden = true;
  if (!document.querySelector("[role=alert]")) form!.querySelector<HTMLInputElement>("input[name=code]")!.focus();
}

showWhatIsAsked();
takeSecret();
addEventListener("hashchange", takeSecret); // a newer link, followed in the same tab
export {};
