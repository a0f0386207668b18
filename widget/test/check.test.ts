// What a message lacks before it can be sent, and what the service is sent.
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { check, faults, messageBody, openingBody, say } from "../src/frame/check.ts";
import { emptyDraft } from "../src/frame/state.ts";
import type { Card } from "../src/frame/types.ts";

const card = {
  categories: [
    { id: "appointment", label: "Appointment", open: true, contact: "optional" },
    { id: "result", label: "Test result", open: true, contact: "required" },
    { id: "other", label: "Other", open: true, contact: "none" },
    { id: "billing", label: "Billing", open: false, contact: "none" },
  ],
  consent: { text: "We keep it.", sha256: "abc" },
} as Card;
const complete = { ...emptyDraft, text: "Is the flu jab free?", category: "appointment", about: "me", consent: "abc" };

test("a complete opening has no fault", () => deepEqual(faults(complete, card, true), {}));

const faulty: [string, Partial<typeof complete>, object][] = [
  ["nothing chosen", { category: "" }, { category: "needCategory" }],
  ["a category that is closed", { category: "billing" }, { category: "needCategory" }],
  ["nobody it is about", { about: "" }, { about: "needAbout" }],
  ["no agreement", { consent: "" }, { consent: "needConsent" }],
  ["an agreement to an older text", { consent: "older" }, { consent: "needConsent" }],
  ["no text", { text: " \n" }, { text: "needText" }],
  ["more than 8,000 characters", { text: "a".repeat(8007) }, { text: "longText 7" }],
  ["no contact where one is needed", { category: "result" }, { contact: "needContact" }],
  ["a contact that is none", { contact: "sam" }, { contact: "badContact" }],
];
for (const [what, change, found] of faulty) test(`${what} is a fault`, () => deepEqual(faults({ ...complete, ...change }, card, true), found));

test("characters are counted as people count them", () => deepEqual(faults({ ...complete, text: "\u{1f600}".repeat(8000) }, card, true), {}));
test("a later message needs only its text", () => deepEqual(faults({ ...emptyDraft, text: "Thanks" }, card, false), {}));

const contacts: [string, object | null][] = [
  ["٠٥٥١٢٣٤٥٦٧", { phone: "٠٥٥١٢٣٤٥٦٧" }], ["०९८७६५४३२१", { phone: "०९८७६५४३२१" }], ["＋８６１３８００１３８０００", { phone: "+8613800138000" }],
  ["+1\u00a0555\u202f0100", { phone: "+1 555 0100" }], ["\u200e+49 30–123456\u202c", { phone: "+49 30–123456" }], ["sam＠example.org", { email: "sam@example.org" }],
  ["sam@example.org", { email: "sam@example.org" }], [" +1 555 010 0199 ", { phone: "+1 555 010 0199" }],
  ["(020) 7946-0958", { phone: "020 7946-0958" }], ["", null],
];
for (const [typed, sent] of contacts) {
  test(`"${typed}" is sent as ${JSON.stringify(sent)}`, () => deepEqual(openingBody({ ...complete, contact: typed }, card).contact, sent));
}

test("a contact that the category does not ask for is not sent", () => {
  equal(openingBody({ ...complete, category: "other", contact: "sam@example.org" }, card).contact, null);
});

test("the bodies are the contract's", () => {
  deepEqual(openingBody({ ...complete, name: " Sam " }, card), { category: "appointment", about: "me", name: "Sam", contact: null, consent: "abc" });
  deepEqual(messageBody(complete), { kind: "text", data: { text: "Is the flu jab free?" } });
});

test("a form has words of its own to ask for, and the questions before it stay", () => {
  deepEqual(faults({ ...complete, text: "", about: "", form: "appointments.request" }, card, true), { about: "needAbout" });
});

test("a sentence with a number has the form for it, and the number as the language writes it", () => {
  deepEqual([say("longText 1", "en"), say("longText 1200", "en")].map((text) => text.split(". ")[0]), ["Your message is 1 character too long", "Your message is 1,200 characters too long"]);
});

test("what is missing is said in the visitor's language, plurals by its rules", () => {
  const arabic = check({ ...card, locale: "ar" }, { check: { needText: "اكتب رسالتك", longText: { few: "{n} أحرف", other: "{n} حرف" } } });
  const said = (text: string) => arabic.faults({ ...emptyDraft, text }, false).text;
  deepEqual([said(""), said("a".repeat(8003)), said("a".repeat(8100))], ["اكتب رسالتك", `${(3).toLocaleString("ar")} أحرف`, `${(100).toLocaleString("ar")} حرف`]);
});
