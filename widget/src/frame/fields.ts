// The controls of a form: what each kind of field is filled in with.
import { fault } from "./form.ts";
import { fill, h } from "./h.ts";
import type { Draft, Field, Form, FormField } from "./types.ts";
import type { Words } from "./words.ts";

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const fewest = 6; // more answers than these are a list to open

/** The elements, and what puts the draft's values into them; `held` while they are on their way. */
export function controls(form: Form, core: Words) {
  const rows = form.fields.map((field) => row(field, core));
  const element = h("fieldset", {}, h("legend", { class: "title", dir: "auto" }, form.title), ...rows);
  const all = () => [...element.querySelectorAll<Control>("[name]")];
  const update = (draft: Draft, held: boolean) => {
    element.disabled = held;
    for (const control of all()) {
      const value = draft[control.name as Field] ?? "";
      if (control instanceof HTMLInputElement && /radio|checkbox/.test(control.type)) control.checked = control.value === value;
      else fill(control, value);
    }
  };
  return [[element], update] as const;
}

function row(field: FormField, core: Words): HTMLElement {
  const { name, label, type, required, hint, options } = field;
  const id: Field = `data-${name}`;
  const more = [!required && type !== "yes" && h("span", { class: "soft" }, ` (${core.optional})`), hint && h("span", { class: "soft hint", dir: "auto" }, hint)];
  const said = h("bdi", {}, label);
  if (type === "yes") return h("div", {}, h("label", { class: "check" }, h("input", { type: "checkbox", name: id, value: "yes" }), h("span", {}, said, ...more)), fault(id));
  if (type === "choice" && options.length <= fewest) return h("fieldset", {}, h("legend", {}, said, ...more), h("div", { class: "pills" }, ...options.map((option) => pill(id, option.value, option.label, required))), fault(id));
  return h("div", { class: "row" }, h("label", { for: id }, said, ...more), control(id, field, core), fault(id));
}

const pill = (name: string, value: string, label: string, required: boolean) =>
  h("label", {}, h("input", { type: "radio", name, value, required }), h("span", { dir: "auto" }, label));

function control(id: string, { type, required, rows, options }: FormField, core: Words): Control {
  const props = { name: id, id, required, autocomplete: "off" };
  if (type === "choice") return h("select", props, h("option", { value: "" }, core.choose), ...options.map(({ value, label }) => h("option", { value }, label)));
  if (type === "long") return h("textarea", { ...props, rows: rows ?? 3, dir: "auto" });
  if (type === "date" || type === "time") return h("input", { ...props, type });
  return h("input", { ...props, ...(type === "number" && { inputmode: "decimal" }), dir: "auto" });
}
