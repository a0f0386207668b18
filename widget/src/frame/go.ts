// A link that a part names: it leads elsewhere, or it is text.
import { h } from "./h.ts";
import type { Link, Part } from "./types.ts";

// As the service checks it too (securemsg/parts.py): the web, a telephone, a mail, or a path of the service itself.
const harmless = /^(https:\/\/(?=[^/?#@]+([/?#]|$))|tel:(?=[+\d])|mailto:(?=[^@]+@)|\/(?!\/))[!-[\]-~]*$/;

/** `part` as something to press; an address that leads nowhere good is shown and not followed. */
export function goTo(part: Part, name?: string): HTMLElement {
  const { label, url } = part as Link;
  if (!harmless.test(url)) return h("p", { dir: "auto" }, part.text);
  const elsewhere = /^(https|\/)/.test(url) && { target: "_blank", rel: "noopener noreferrer" };
  return h("a", { class: "go", href: url, dir: "auto", ...elsewhere }, name ?? label);
}
