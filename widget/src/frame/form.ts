// The few questions before a first message. One calm screen; nothing is asked twice.
import { fill, h, write } from "./h.ts";
import { text } from "./parts.ts";
import { categoryOf, isHeld, type State } from "./state.ts";
import type { Card, Field } from "./types.ts";
import { words } from "./words.ts";

const abouts = ["me", "child", "someone"] as const;

export function questions(card: Card) {
  const options = card.categories.map(({ id, label, open }) =>
    h("option", { value: id, disabled: !open, lang: card.langs[label] }, open ? label : `\u2068${label}\u2069 (${words.shutCategory})`));
  const category = h("select", { name: "category", id: "category", required: true }, h("option", { value: "" }, words.choose), ...options);
  const name = h("input", { name: "name", id: "name", maxlength: 120, dir: "auto" });
  const contact = h("input", { name: "contact", id: "contact", inputmode: "email", dir: "ltr" });
  const consent = h("input", { type: "checkbox", name: "consent", value: card.consent.sha256, required: true });
  const optional = h("span", { class: "soft" }, ` (${words.optional})`);
  const contactRow = row("contact", words.contact, contact);
  contactRow.firstElementChild!.append(optional);
  const radios = abouts.map((id) => h("input", { type: "radio", name: "about", value: id, required: true }));

  const element = h("fieldset", { class: "questions" },
    row("category", words.category, category),
    h("fieldset", {}, h("legend", {}, words.about),
      h("div", { class: "pills" }, ...radios.map((radio, i) => h("label", {}, radio, h("span", {}, words[abouts[i]!])))), fault("about")),
    row("name", words.name, name, h("span", { class: "soft" }, ` (${words.optional})`)),
    contactRow,
    h("section", { class: "notice", "aria-labelledby": "notice" }, h("h2", { id: "notice" }, words.privacy),
      h("p", { class: "written", lang: card.consent.locale, dir: "auto" }, ...text(card.consent.text)),
      h("label", { class: "check" }, consent, h("span", {}, words.consent)), fault("consent")));

  return {
    element,
    paint(state: State) {
      const { draft, errors } = state;
      element.disabled = isHeld(state);
      for (const control of [category, name, contact]) fill(control, draft[control.name as "name"]);
      // Browsers may offer what they know; what is there they must not keep.
      name.autocomplete = name.value ? "off" : "name";
      contact.autocomplete = contact.value ? "off" : "email";
      for (const radio of radios) radio.checked = radio.value === draft.about;
      consent.checked = draft.consent === consent.value;
      const need = categoryOf(draft, card)?.contact ?? "none";
      contactRow.hidden = need === "none";
      optional.hidden = contact.required = need === "required";
      markFaults(element, errors);
    },
  };
}

function row(id: Field, label: string, control: HTMLElement, more?: Node) {
  return h("div", { class: "row" }, h("label", { for: id }, label, more), control, fault(id));
}

export function fault(field: Field) {
  return h("p", { class: "fault", id: `${field}-fault` });
}

/** Writes each field's fault under it and ties the two together for a screen reader. */
export function markFaults(root: HTMLElement, errors: State["errors"]) {
  for (const control of root.querySelectorAll<HTMLInputElement>("[name]")) {
    const error = errors[control.name as Field];
    const place = root.querySelector<HTMLElement>(`#${control.name}-fault`)!;
    write(place, error ?? "");
    control.setAttribute("aria-invalid", `${!!error}`);
    control.setAttribute("aria-describedby", place.id);
  }
}
