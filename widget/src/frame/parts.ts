// Draws text. It stays text; only addresses that cannot run anything become links.
import { h } from "./h.ts";

// Ends before punctuation that belongs to the sentence, as in "(see https://example.org/a)."
const address = /\b(?:https?:\/\/|tel:|mailto:)[^\s<>"']*[^\s<>"'.,;:!?)\]]/gi;

/** Text with its addresses as links. */
export function text(value: string): (Node | string)[] {
  const parts: (Node | string)[] = [];
  let end = 0;
  for (const { 0: found, index } of value.matchAll(address)) {
    parts.push(value.slice(end, index), link(found));
    end = index + found.length;
  }
  return [...parts, value.slice(end)].filter(Boolean);
}

/** A link that leaves this page alone: web addresses open elsewhere, without a word about where from. */
export function link(href: string) {
  return h("a", { href, ...(/^http/i.test(href) && { target: "_blank", rel: "noopener noreferrer" }) }, href);
}

export function phone(number: string) {
  return h("a", { href: `tel:${number.replace(/[^\d+*#]/g, "")}` }, h("bdi", {}, number));
}
