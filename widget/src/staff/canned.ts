// "/" at the start of a word in the reply opens the ready replies; one is put in, and nothing goes out with a place left empty.
import { type Canned, beginsWord, filled, firstLeft, left } from "./canned-text.ts";
import { announce } from "./notices.ts";
import { isOpen, openPicker } from "./picker.ts";
import { say } from "./words.ts";

const fresh = 30_000; // milliseconds that a fetched list is used
let list: { url: string; at: number; all: Canned[] } | undefined;

/** Watches the reply box. Without script the page has a list and a button for the same. */
export function startCanned(): void {
  addEventListener("input", (event) => {
    const area = reply(event.target);
    if (!area) return;
    judge(area);
    const at = area.selectionStart - 1;
    const asked = event instanceof InputEvent && event.inputType === "insertText" && event.data === "/" && !event.isComposing;
    if (asked && beginsWord(area.value, at)) void offer(area, at, at + 1);
  });
  addEventListener("click", ({ target }) => { // who touches, speaks or has a switch types no "/"
    const area = target instanceof Element && target.closest("[data-ready]") && document.querySelector<HTMLTextAreaElement>("#f-reply");
    if (area) void offer(area, area.selectionStart, area.selectionEnd);
  });
  addEventListener("focusin", ({ target }) => { const area = reply(target); if (area) judge(area); });
  addEventListener("invalid", ({ target }) => {
    const area = reply(target);
    if (!area?.validity.customError) return;
    announce(area.validationMessage);
    select(area);
  }, { capture: true }); // it does not bubble
}

/** The list; what is chosen stands in place of what `area` holds from `at` to `end`: the "/", or nothing. */
async function offer(area: HTMLTextAreaElement, at: number, end: number): Promise<void> {
  const here = place();
  if (!here || isOpen()) return;
  const [asking, before] = [document.activeElement, area.value];
  const all = await fetched(here.dataset.canned!);
  if (!all?.length || document.activeElement !== asking || area.value !== before) return;
  openPicker(all, here.dataset.language ?? "", (chosen) => {
    area.focus();
    if (!chosen) return;
    const text = filled(chosen.text, JSON.parse(here.dataset.values ?? "{}"));
    area.setRangeText(text, at, end, "end");
    area.dispatchEvent(new InputEvent("input", { bubbles: true })); // so that it is kept as a draft
    select(area, at, at + text.length);
    announce(`${say("Put in: {label}.", { label: chosen.label })} ${area.validationMessage}`);
  });
}

async function fetched(url: string): Promise<Canned[] | undefined> {
  if (list?.url === url && performance.now() < list.at + fresh) return list.all;
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (!answer.ok) return undefined;
    list = { url, at: performance.now(), all: (await answer.json()).items };
    return list.all;
  } catch {
    return undefined; // offline: a slash is a slash
  }
}

/** A reply with a place left empty is not valid: no button and no key sends it, and it is said which place that is. */
function judge(area: HTMLTextAreaElement): void {
  const missing = left(area.value, names()).map((name) => `{${name}}`).join(", ");
  const sentence = missing && say("Fill in {places} before you send, or take it out.", { places: missing });
  area.setCustomValidity(sentence);
  const told = document.getElementById("canned-missing");
  if (told && told.textContent !== sentence) told.textContent = sentence;
}

/** The first place left empty between two points is marked, so that typing replaces it. */
function select(area: HTMLTextAreaElement, from = 0, to = area.value.length): void {
  const found = firstLeft(area.value.slice(from, to), names());
  if (found) area.setSelectionRange(from + found[0], from + found[1]);
}

const place = () => document.getElementById("canned");
const names = (): string[] => JSON.parse(place()?.dataset.names ?? "[]");
const reply = (target: EventTarget | null) => (target instanceof HTMLTextAreaElement && target.id === "f-reply" ? target : undefined);
