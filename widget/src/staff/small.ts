// Copy, print, show a password, take the secret from a one-time link, close a menu by Escape or by going elsewhere.
import { announce } from "./notices.ts";
import { say } from "./words.ts";

export function startSmallThings(): void {
  addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLElement>("[data-copy], [data-print]") : null;
    if (button?.dataset.copy) void copy(document.getElementById(button.dataset.copy)!);
    else if (button) print();
  });
  addEventListener("change", ({ target }) => {
    if (target instanceof HTMLInputElement && target.dataset.show) {
      (document.getElementById(target.dataset.show) as HTMLInputElement).type = target.checked ? "text" : "password";
    }
  });
  addEventListener("keydown", ({ key, target }) => {
    const menu = key === "Escape" && target instanceof Element ? target.closest<HTMLDetailsElement>("details.drop[open]") : null;
    if (menu) { menu.open = false; menu.querySelector("summary")?.focus(); }
  });
  for (const elsewhere of ["click", "focusin"]) {
    addEventListener(elsewhere, ({ target }) => {
      for (const menu of document.querySelectorAll<HTMLDetailsElement>(".menu .drop[open]")) {
        if (target instanceof Node && !menu.contains(target)) menu.open = false;
      }
    });
  }
  const start = document.querySelector<HTMLFormElement>("form[data-start]");
  takeSecret(start);
  addEventListener("hashchange", () => takeSecret(start)); // a newer link, followed in the tab that refused the older one
}

/** The fragment never reaches a server by itself; it leaves the address bar before anything else happens. */
function takeSecret(form: HTMLFormElement | null): void {
  const secret = location.hash.slice(1);
  if (!form || !secret || secret === "main") return; // "#main" is the skip link
  history.replaceState(null, "", location.pathname);
  form.querySelector<HTMLInputElement>("input[name=secret]")!.value = secret;
  form.requestSubmit();
}

async function copy(source: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(source.innerText);
    announce(say("Copied."));
  } catch {
    getSelection()?.selectAllChildren(source); // no leave to copy: the person presses the keys
    announce(say("Selected. Press Ctrl and C to copy."));
  }
}
