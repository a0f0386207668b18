// A form in place of the box: what a kind of message asks, as the card or a message brings it.
import words from "words:forms";
import type { Around } from "./around.ts";
import { dress } from "./dress.ts";
import { controls } from "./fields.ts";
import css from "./forms.css";
import { h, write } from "./h.ts";
import { isHeld, type State } from "./state.ts";
import type { Card, Draft, Form, FormField } from "./types.ts";

export type Forms = ReturnType<typeof begin>;

export function begin({ card, core, spoken, screen, state, happen }: Around) {
  Object.assign(words, spoken.forms);
  dress(css);
  const { box } = screen;
  const send = box.querySelector<HTMLElement>(".send")!;
  const back = h("button", { type: "button", class: "plain", click: leave }, words.back);
  const place = h("div", { class: "filling" });
  const instead = [...box.querySelectorAll<HTMLElement>("label, textarea")];
  let shown: string | undefined;
  let fill = (_: Draft, __: boolean) => {};
  box.prepend(place);
  send.before(back);

  function leave() {
    happen({ type: "filling" });
    screen.focus();
  }

  function change(form: Form | undefined) {
    shown = form?.kind;
    const [fields, filled] = form ? controls(form, core) : [[], () => {}];
    fill = filled;
    place.replaceChildren(...fields);
    for (const element of instead) element.hidden = !!form;
  }

  const named = ({ form }: Draft) => (form ? found(form, card, state()) : undefined);

  return {
    paint(state: State) {
      const { draft, sending, syncedSeq } = state;
      const form = named(draft);
      if (shown !== form?.kind) change(form);
      fill(draft, isHeld(state));
      back.hidden = !form || isHeld(state);
      if (form && !/waiting|failed/.test(sending)) write(send, form.button);
      if (draft.form && !form && syncedSeq && !isHeld(state)) happen({ type: "filling" }); // kept from an earlier visit, and nobody asks it any more
    },

    faults(draft: Draft): State["errors"] {
      return Object.fromEntries((named(draft)?.fields ?? []).map((field) => [`data-${field.name}`, fault(field, valueOf(draft, field))]).filter(([, why]) => why));
    },

    /** The message's kind and data, each value as its kind of field is sent; nothing where no form is open. */
    said(draft: Draft) {
      const form = named(draft);
      return form && { kind: form.kind, data: Object.fromEntries(form.fields.map((field) => [field.name, sent(field, valueOf(draft, field))]).filter(([, value]) => value !== undefined)) };
    },
  };
}

/** The newest that a message brings, else what the clinic offers. */
function found(kind: string, { offers }: Card, { messages }: State): Form | undefined {
  const parts = [...(offers ?? []).map(({ part }) => part), ...messages.flatMap(({ data, verified }) => (verified && data?.parts) || [])];
  return parts.filter((part): part is Form => part.type === "form" && (part as Form).kind === kind && !!(part as Form).fields).pop();
}

const valueOf = (draft: Draft, { name }: FormField) => (draft[`data-${name}`] ?? "").trim();

/** The word for what is wrong with an answer, or nothing. */
export function fault({ type, required, max, options }: FormField, value: string): string | undefined {
  if (!value) return required ? (type === "choice" ? words.needChoice : type === "yes" ? words.needYes : words.need) : undefined;
  if (type === "choice" && !options.some((option) => option.value === value)) return words.needChoice;
  if (type === "number") return isNaN(numberOf(value)) ? words.needNumber : max != null && numberOf(value) > max ? words.most.replace("{n}", `${max}`) : undefined;
  return max != null && [...value].length > max ? words.shorter.replace("{n}", `${max}`) : undefined;
}

export function sent({ type }: FormField, value: string): string | number | boolean | undefined {
  if (type === "yes") return !!value;
  if (!value) return undefined;
  return type === "number" ? numberOf(value) : value;
}

/** Digits of every script, and a comma where it stands for the point. */
export function numberOf(value: string): number {
  const digits = value.normalize("NFKC").replace(/\p{Nd}/gu, (digit) => `${valueOfDigit(digit)}`).replace(",", ".");
  return /^-?\d+(\.\d+)?$/.test(digits) ? Number(digits) : NaN;
}

/** Scripts have their ten digits in a row, each beginning at a code point that nine digits follow. */
function valueOfDigit(digit: string): number {
  let n = 0;
  for (let code = digit.codePointAt(0)!; n < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - 1)); code--) n++;
  return n;
}
