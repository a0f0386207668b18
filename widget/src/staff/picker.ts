// A list that is searched by typing: the combobox of the ARIA Authoring Practices, its options in a list below the box.
import { type Canned, matching } from "./canned-text.ts";
import { say } from "./words.ts";

type Chosen = (chosen?: Canned) => void;
const composed = 229; // keyCode of a key that ends a composition: Safari says so after it has ended (UI Events, 8.3.1)
let all: Canned[] = [];
let shown: Canned[] = [];
let at = 0;
let language = "";
let done: Chosen | undefined;

const part = <Part extends HTMLElement>(id: string) => document.getElementById(id) as Part;

export const isOpen = () => done !== undefined && !part("picker").hidden;

/** Shows the list with the focus in its box; `chosen` hears what was taken, or nothing when it was left. */
export function openPicker(items: Canned[], spoken: string, chosen: Chosen): void {
  const box = part<HTMLInputElement>("f-canned");
  all = items;
  language = spoken;
  done = chosen;
  part("picker").hidden = false;
  box.value = "";
  box.oninput = draw;
  box.onkeydown = press;
  box.onblur = () => close(); // a click into the list keeps the focus in the box
  part("canned-list").onpointerdown = (event) => { event.preventDefault(); take(optionAt(event.target)); };
  draw();
  box.focus();
}

function press(event: KeyboardEvent): void {
  if (event.isComposing || event.keyCode === composed) return;
  const moves: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 5, PageUp: at - 5 };
  if (event.key in moves) mark(moves[event.key]!);
  else if (event.key === "Enter") take(shown[at]);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function draw(): void {
  shown = matching(all, part<HTMLInputElement>("f-canned").value, language);
  part("canned-list").replaceChildren(...shown.map(option));
  part("canned-none").textContent = shown.length ? "" : say("No ready reply holds these words. Escape goes back.");
  mark(0);
}

function option(each: Canned, number: number): HTMLElement {
  const line = document.createElement("li");
  line.id = `canned-${number}`;
  line.role = "option";
  line.lang = each.language;
  const label = document.createElement("bdi");
  label.textContent = each.label;
  const text = document.createElement("span");
  text.className = "muted";
  text.dir = "auto";
  text.textContent = each.text;
  line.append(label, " ", text);
  return line;
}

/** The option that Enter takes: in sight, and known to who cannot see it. */
function mark(next: number): void {
  at = Math.max(0, Math.min(shown.length - 1, next));
  const lines = [...part("canned-list").children];
  lines.forEach((line, number) => (line.ariaSelected = String(number === at)));
  const marked = lines[at];
  marked?.scrollIntoView({ block: "nearest" });
  if (marked) part("f-canned").setAttribute("aria-activedescendant", marked.id);
  else part("f-canned").removeAttribute("aria-activedescendant");
}

function optionAt(target: EventTarget | null): Canned | undefined {
  const line = target instanceof Element ? target.closest("[role=option]") : null;
  return line ? shown[[...part("canned-list").children].indexOf(line)] : undefined;
}

function take(chosen?: Canned): void {
  if (chosen) close(chosen);
}

function close(chosen?: Canned): void {
  const told = done;
  done = undefined;
  part("picker").hidden = true;
  told?.(chosen);
}
