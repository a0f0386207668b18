// What a message lacks before it can be sent, and what goes out: fetched when she starts to write.
import words from "words:check";
import { categoryOf, type State } from "./state.ts";
import type { Card, Draft } from "./types.ts";
import type { Spoken } from "./words.ts";

type Errors = State["errors"];

/** The sentences for what is missing. */
export function check(card: Card, spoken: Spoken) {
  Object.assign(words, spoken.check);
  return {
    openingBody, messageBody,
    faults: (draft: Draft, opening: boolean): Errors =>
      Object.fromEntries(Object.entries(faults(draft, card, opening)).map(([field, word]) => [field, say(word!, card.locale)])),
  };
}

/** The words for a key; "longText 7" has its number with it, in the form that the language has for it (CLDR's categories). */
export function say(keyAndNumber: string, locale: string): string {
  const [key, number] = keyAndNumber.split(" ");
  const said: string | { [category: string]: string; other: string } = words[key as keyof typeof words];
  if (typeof said === "string") return said;
  const n = Number(number);
  return (said[new Intl.PluralRules(locale).select(n)] ?? said.other).replace("{n}", n.toLocaleString(locale));
}

const mostCharacters = 8000; // counted as the service counts them, by code points

/** What is missing before this draft can be sent: a word for each field, in the order of the screen. */
export function faults(draft: Draft, card: Card, opening: boolean): Errors {
  const errors: Errors = {};
  if (opening) {
    if (!categoryOf(draft, card)) errors.category = "needCategory";
    if (!draft.about) errors.about = "needAbout";
    const need = categoryOf(draft, card)?.contact ?? "none";
    if (need === "required" && !draft.contact.trim()) errors.contact = "needContact";
    else if (need !== "none" && draft.contact.trim() && !contactOf(draft)) errors.contact = "badContact";
    if (draft.consent !== card.consent.sha256) errors.consent = "needConsent";
  }
  if (draft.form) return errors; // the form knows what it needs
  if (!draft.text.trim()) errors.text = "needText";
  const over = [...draft.text].length - mostCharacters;
  if (over > 0) errors.text = `longText ${over}`;
  return errors;
}

function contactOf({ contact }: Draft): { email: string } | { phone: string } | null {
  const value = contact.normalize("NFKC").replace(/[()\p{Cf}]/gu, "").trim(); // as in (020) 7946 0958; pasted marks that nobody sees
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) return { email: value };
  return /^\+?\p{Nd}[\p{Nd}\p{Pd}\s./]{3,30}$/u.test(value) ? { phone: value } : null;
}

/** What goes beside the first message. */
export function openingBody(draft: Draft, card: Card) {
  const contact = categoryOf(draft, card)?.contact === "none" ? null : contactOf(draft);
  const { category, about, consent } = draft;
  return { category, about, name: draft.name.trim() || null, contact, consent };
}

/** What a message of words says. */
export function messageBody({ text }: Draft) {
  return { kind: "text", data: { text } };
}
