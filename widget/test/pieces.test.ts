// What plugins say, as the frame draws it: what is answered, where links lead, what a form sends, what the clocks show.
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { shape } from "./page.ts";
import forms from "words:forms";
import front from "words:front";
import { fault, numberOf, sent } from "../src/frame/forms.ts";
import { goTo } from "../src/frame/go.ts";
import { nextChange, promised } from "../src/frame/hours.ts";
import { answered } from "../src/frame/pieces.ts";
import { begin } from "../src/frame/state.ts";
import type { FormField, Link, Message, Part } from "../src/frame/types.ts";

const choice = (kind: string) => ({ type: "choice", text: "Which?", kind, question: "Which?", options: [] }) as Part;

function messages(...all: [kind: "visitor" | "plugin", message: string, data: Message["data"]][]) {
  const made = all.map(([author, kind, data], i) => ({ id: `m${i}`, seq: i + 1, author: { kind: author, name: null, role: null }, kind, data, received_at: "2026-11-22T10:00:00Z", verified: true }));
  return { ...begin({}, true), messages: made };
}

const asks: [string, Parameters<typeof messages>, string | null | undefined][] = [
  ["a choice is open", [["plugin", "parts", { parts: [choice("visits.chosen")] }]], undefined],
  ["it has the answer", [["plugin", "parts", { parts: [choice("visits.chosen")] }], ["visitor", "text", { text: "Hm" }], ["visitor", "visits.chosen", { answer: "b" }]], "b"],
  ["an answer to another question is none", [["plugin", "parts", { parts: [choice("visits.chosen")] }], ["visitor", "rating.given", { answer: "b" }]], undefined],
  ["it is over when the question is asked again", [["plugin", "parts", { parts: [choice("visits.chosen")] }], ["plugin", "parts", { parts: [choice("visits.chosen")] }], ["visitor", "visits.chosen", { answer: "b" }]], null],
];
for (const [what, all, answer] of asks) test(what, () => equal(answered(messages(...all), "visits.chosen", 1), answer));

const link = (url: string) => goTo({ type: "link", text: `Go: ${url}`, label: "Go", url } as Link);
for (const url of ["https://example.org/a?b#c", "tel:+15550100", "mailto:a@b.org", "/contact/elm"]) {
  test(`${url} leads there`, () => {
    const [tag, attributes, said] = shape(link(url)) as [string, Record<string, string>, string];
    deepEqual([tag, attributes.href, said], ["a", url, "Go"]);
    equal(attributes.rel, /^(https|\/)/.test(url) ? "noopener noreferrer" : undefined);
    equal(attributes.target, /^(https|\/)/.test(url) ? "_blank" : undefined);
  });
}
const dangerous = ["javascript:alert(1)", "JAVASCRIPT:1", " javascript:1", "data:text/html,x", "blob:x", "http://example.org", "//evil.example", "/\\evil.example", "/\t/evil.example",
  "https://evil@example.org", "https:evil.example", "https:///x", "tel:", "mailto:", "", "https://example.org/\nx"];
for (const url of dangerous) test(`${JSON.stringify(url)} is text`, () => deepEqual(shape(link(url)), ["p", { dir: "auto" }, `Go: ${url}`]));

const field = (changes: Partial<FormField>): FormField => ({ name: "x", label: "X", type: "text", required: false, max: null, rows: null, hint: null, options: [], ...changes });
const filled: [string, Partial<FormField>, string, string | undefined, unknown][] = [
  ["nothing where nothing is needed", {}, "", undefined, undefined],
  ["nothing where something is", { required: true }, "", forms.need, undefined],
  ["words", { required: true, max: 4 }, "Knee", undefined, "Knee"],
  ["too many words", { max: 4 }, "Knees", "Too long: 4 characters at most.", "Knees"],
  ["characters as people count them", { max: 2 }, "\u{1f600}\u{1f600}", undefined, "\u{1f600}\u{1f600}"],
  ["a number", { type: "number", max: 5 }, "3", undefined, 3],
  ["a number in Arabic digits", { type: "number" }, "٣٫٥".replace("٫", ","), undefined, 3.5],
  ["a number that is too large", { type: "number", max: 5 }, "6", "Please enter a number up to 5.", 6],
  ["a number that is none", { type: "number" }, "three", forms.needNumber, NaN],
  ["a tick", { type: "yes", required: true }, "yes", undefined, true],
  ["no tick where one is needed", { type: "yes", required: true }, "", forms.needYes, false],
  ["an answer", { type: "choice", options: [{ value: "a", label: "A" }] }, "a", undefined, "a"],
  ["an answer that is not offered any more", { type: "choice", options: [{ value: "a", label: "A" }] }, "b", forms.needChoice, "b"],
  ["no answer where one is needed", { type: "choice", required: true }, "", forms.needChoice, undefined],
  ["a day", { type: "date" }, "2026-12-01", undefined, "2026-12-01"],
];
for (const [what, changes, value, wrong, goes] of filled) test(`${what}: "${value}"`, () => deepEqual([fault(field(changes), value), sent(field(changes), value)], [wrong, goes]));
test("digits of every script are numbers", () => deepEqual(["42", "٤٢", "۴۲", "४२", "４２", "-3", "4.5"].map(numberOf), [42, 42, 42, 42, 42, -3, 4.5]));
test("what is no number is none", () => ok(["", "1e5", "0x10", "1 2", "--1", "Infinity"].every((text) => isNaN(numberOf(text)))));

const saturday = () => new Date("2026-11-21T20:00:00Z");
const clinic = { locale: "en-GB", timezone: "America/Halifax", open: false, changes_at: "2026-11-24T12:00:00Z", promise: "We answer in a day.", promised_at: "2026-11-24T21:30:00Z" };
process.env.TZ = "America/Halifax"; // the visitor's own clock
const clocks: [string, string, Partial<typeof clinic> | { open: null } | { changes_at: null }, string][] = [
  ["closed", "America/Halifax", {}, "Closed now, opens Tue 08:00"],
  ["open", "America/Halifax", { open: true, changes_at: "2026-11-21T21:30:00Z" }, "Open now, closes 17:30"],
  ["later than a week, with the date", "America/Halifax", { changes_at: "2026-12-01T12:00:00Z" }, "Closed now, opens 1 Dec, 8:00"],
  ["on both clocks", "Europe/Berlin", {}, "Closed now, opens Tue 08:00 (Tue 13:00 your time)"],
  ["on both clocks where one is a day ahead", "Asia/Tokyo", { changes_at: "2026-11-22T20:00:00Z" }, "Closed now, opens Sun 16:00 (Mon 05:00 your time)"],
  ["nothing when nobody says", "Europe/Berlin", { open: null }, ""],
  ["nothing when it never changes", "Europe/Berlin", { changes_at: null }, ""],
  ["nothing of what is past", "Europe/Berlin", { changes_at: "2026-11-21T19:59:00Z" }, ""],
];
for (const [what, here, changes, said] of clocks) test(`${what}: "${said}"`, () => {
  process.env.TZ = here;
  equal(nextChange({ ...clinic, ...changes }, front, saturday), said);
});
test("by when an answer is promised is said where the clinic's sentence does not, or where clocks differ", () => {
  const said = (here: string, changes = {}) => { process.env.TZ = here; return promised(clinic, { ...clinic, ...changes }, front, saturday); };
  deepEqual([said("America/Halifax"), said("America/Halifax", { promise: null }), said("Europe/Berlin"), said("Europe/Berlin", { promised_at: null })],
    ["", "Write now and you have an answer by Tue 17:30.", "Write now and you have an answer by Tue 17:30 (Tue 22:30 your time).", ""]);
});
