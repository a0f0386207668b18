// Make one part of the page like another, touching only what differs: focus, scrolling and typed text stay.

/** Makes `from` like `to`. A form that somebody types in, or that says what is wrong with it, is left alone, unless `to` is the answer
 *  to that very form. */
export function morph(from: Element, to: Element, answered?: HTMLFormElement): void {
  if (from.isEqualNode(to) || from.hasAttribute("data-own")) return; // data-own: this script's to fill
  if (from instanceof HTMLFormElement && from !== answered && (isTypedIn(from) || isRefused(from))) return;
  takeAttributes(from, to);
  if (from.matches("textarea, select")) return; // what they hold is the person's
  takeChildren(from, to, answered);
}

/** True when a text was begun in this form, or in a form within this element; a plugin's form asks other things than texts, too. */
export function isTypedIn(element: Element): boolean {
  return [...element.querySelectorAll("textarea, form[data-tool] :is(input, select)")].some(isFilledIn);
}

function isFilledIn(control: Element): boolean {
  if (control instanceof HTMLSelectElement) return !control.options[control.selectedIndex]?.defaultSelected && control.selectedIndex > 0;
  if (!(control instanceof HTMLInputElement)) return (control as HTMLTextAreaElement).value.trim() !== "";
  return control.type !== "hidden" && (control.value !== control.defaultValue || control.checked !== control.defaultChecked);
}

const isRefused = (form: Element) => form.querySelector("[aria-invalid=true]") !== null;

function takeAttributes(from: Element, to: Element): void {
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && !isOwn(from, name)) from.removeAttribute(name);
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value && !isOwn(from, name)) from.setAttribute(name, value);
}

/** What the person or this script changed, not the server: an opened <details>, a form on its way. */
function isOwn(element: Element, name: string): boolean {
  return (name === "open" && element.matches("details")) || name === "aria-busy";
}

function takeChildren(from: Element, to: Element, answered?: HTMLFormElement): void {
  const named = new Map([...from.children].filter(({ id }) => id).map((child) => [child.id, child]));
  let at: ChildNode | null = from.firstChild;
  for (const next of [...to.childNodes]) {
    const same = next instanceof Element && next.id ? named.get(next.id) : at;
    if (!same || !isSame(same, next)) { from.insertBefore(document.importNode(next, true), at); continue; }
    if (same === at) at = at.nextSibling;
    else from.insertBefore(same, at);
    if (same instanceof Element) morph(same, next as Element, answered);
    else if (same.nodeValue !== next.nodeValue) same.nodeValue = next.nodeValue;
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    if (!(gone instanceof Element && isTypedIn(gone))) gone.remove(); // begun texts stay, even where one can no longer be sent
  }
}

function isSame(here: Node, there: Node): boolean {
  return here.nodeName === there.nodeName && (!(here instanceof Element) || here.id === (there as Element).id);
}
