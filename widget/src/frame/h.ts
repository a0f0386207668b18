// Builds elements. It cannot take markup: children become text, and only safe addresses become links.

type Props = Record<string, string | number | boolean | null | undefined | ((event: any) => void)>;
type Child = Node | string | false | null | undefined;

// Everything else (javascript:, data:, blob: …) stays inert text, whoever wrote it.
const safe = /^(https?:\/\/|tel:|mailto:|\/(?![\s/\\]))/i;

/** Makes `<tag>`: functions become listeners, `true` an empty attribute; false, null and undefined are left out. */
export function h<T extends keyof HTMLElementTagNameMap>(tag: T, props: Props = {}, ...children: Child[]) {
  const element = document.createElement(tag);
  for (const name in props) {
    const value = props[name];
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value != null && value !== false && allowed(name, `${value}`)) element.setAttribute(name, value === true ? "" : `${value}`);
  }
  element.append(...children.filter((child): child is Node | string => !!child));
  return element;
}

function allowed(name: string, value: string) {
  if (/^(on|style$|srcdoc$)/i.test(name)) return false;
  return !/^(href|src|action|formaction)$/i.test(name) || safe.test(value);
}

/** Touches the document only when the text is another one: a live region speaks at every touch. */
export function write(element: HTMLElement, text: string) {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets a control's value only when it is another one: setting it moves the cursor. */
export function fill(control: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement, value: string) {
  if (control.value !== value) control.value = value;
}
