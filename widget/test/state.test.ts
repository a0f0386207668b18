// What the frame knows after each thing that can happen to it.
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { begin, emptyDraft, isClosed, isUnopened, lastAnswerSeq, next, promiseIn, type Event, type State } from "../src/frame/state.ts";
import { emptied, stillSaid } from "../src/frame/removed.ts";
import type { Message, Part } from "../src/frame/types.ts";

function message(seq: number, kind: "visitor" | "staff" = "staff"): Message {
  return { id: `m${seq}`, seq, author: { kind, name: "Ana", role: "Nurse" }, kind: "text", data: { text: `${seq}` }, received_at: "2026-01-01T10:00:00Z", verified: true };
}

function after(...events: Event[]): State {
  return events.reduce(next, begin({ text: "Hello" }, true));
}

const seqs = (state: State) => state.messages.map(({ seq }) => seq);

test("what is promised is that of the category which has its own, else the clinic's", () => {
  const category = (id: string, promise?: string) => ({ id, label: id, open: true, contact: "none" as const, promise });
  const card = { promise: "Today.", categories: [category("other"), category("bill", "Tomorrow.")] };
  deepEqual([undefined, "", "other", "bill"].map((id) => promiseIn(card, id).promise), ["Today.", "Today.", "Today.", "Tomorrow."]);
});

test("the text stays while the message is on its way, and while it is not", () => {
  for (const type of ["sending", "waiting", "failed"] as const) equal(after({ type }).draft.text, "Hello");
});

test("a draft that comes from elsewhere takes the place of what was there, and of what was said about it", () => {
  const state = after({ type: "failed", problem: "Too long.", errors: { text: "Too long." } }, { type: "draft", draft: { ...emptyDraft, text: "Earlier" } });
  deepEqual([state.draft.text, state.sending, state.problem, state.errors], ["Earlier", "idle", "", {}]);
});

test("the text goes when the service has it, and not before", () => {
  const conversation = { id: "c", reference: "K7-4QX2" };
  const state = after({ type: "sending" }, { type: "accepted", conversation, message: message(1, "visitor") });
  deepEqual([state.draft.text, state.sending, state.screen, seqs(state)], ["", "sent", "conversation", [1]]);
});

test("a refused message is failed, with the service's sentence", () => {
  const state = after({ type: "sending" }, { type: "failed", problem: "Too long.", errors: { text: "Too long." } });
  deepEqual([state.sending, state.problem, state.errors], ["failed", "Too long.", { text: "Too long." }]);
});

test("mending a field takes its fault away, and leaves the others", () => {
  const state = after({ type: "faulty", errors: { about: "needAbout", text: "needText" } }, { type: "typed", field: "about", value: "me" });
  deepEqual([state.errors.about, state.errors.text, state.draft.about], [undefined, "needText", "me"]);
});

test("messages stand in order, each once, however they come", () => {
  deepEqual(seqs(after({ type: "arrived", messages: [message(2), message(1)] }, { type: "arrived", messages: [message(2), message(3)] })), [1, 2, 3]);
});

test("an own message that overtakes an answer does not hide it", () => {
  const overtaken = after({ type: "arrived", messages: [message(1)] }, { type: "accepted", message: message(3, "visitor") });
  equal(overtaken.syncedSeq, 1, "the next fetch still begins before the answer");
  deepEqual(seqs(next(overtaken, { type: "arrived", messages: [message(2), message(3, "visitor")] })), [1, 2, 3]);
});

test("of what was erased at the clinic nothing is kept but that it came, once", () => {
  const state = after({ type: "arrived", messages: [message(1, "visitor"), { ...message(2), answer: [{ type: "text", text: "2" } as Part] }] });
  const [gone] = stillSaid(state.messages, [2, 7]);
  deepEqual([gone!.seq, stillSaid(state.messages, []).length, stillSaid(state.messages).length], [2, 0, 0]);
  const now = next(state, { type: "removed", messages: state.messages.map((each) => (each === gone ? emptied(each) : each)) });
  deepEqual(now.messages.map(({ kind, data, answer }) => [kind, data, answer]), [["text", { text: "1" }, undefined], ["removed", {}, undefined]]);
  deepEqual(stillSaid(now.messages, [2, 7]), []);
  deepEqual(next(now, { type: "arrived", messages: [message(2)] }).messages, now.messages, "nor does it come back with an answer that is late");
});

test("answers are counted while the panel is closed, once each, and not own messages", () => {
  const state = after({ type: "arrived", messages: [message(1), message(2, "visitor")] }, { type: "arrived", messages: [message(1), message(3)] });
  equal(state.unread, 2);
  equal(next(state, { type: "shown", shown: true }).unread, 0);
});

test("nothing is unread in an open panel", () => {
  equal(after({ type: "shown", shown: true }, { type: "arrived", messages: [message(1)] }).unread, 0);
});

test("a conversation is closed until somebody writes again", () => {
  const end = { ...message(2), kind: "system.closed", author: { kind: "system" as const, name: null, role: null } };
  const closed = after({ type: "arrived", messages: [message(1), end] });
  deepEqual([isClosed(closed), isClosed(next(closed, { type: "arrived", messages: [message(3, "visitor")] })), isClosed(after())], [true, false, false]);
});

test("what nobody has opened is noticed, whoever wrote since", () => {
  const opened = (upto_seq: number) => ({ type: "opened" as const, openings: [{ upto_seq, at: "2026-11-24T10:02:00Z", role: null }] });
  const state = after({ type: "arrived", messages: [message(1, "visitor"), message(2, "visitor"), message(3)] });
  deepEqual([state, next(state, opened(1)), next(state, opened(2))].map(isUnopened), [true, true, false]);
});

test("who opened what is as the service says it", () => {
  const openings = [{ upto_seq: 2, at: "2026-11-24T10:02:00Z", role: "Nurse" }];
  deepEqual(after({ type: "opened", openings }).openings, openings);
});

test("an ended conversation is gone from the screen; an unsent text is not", () => {
  const state = after({ type: "arrived", messages: [message(1)] }, { type: "ended" });
  deepEqual([state.screen, state.messages, state.conversation, state.draft.text], ["ended", [], null, "Hello"]);
});

test("no event changes the state it was given", () => {
  const state = Object.freeze(begin({}, true));
  for (const event of [{ type: "arrived", messages: [message(1)] }, { type: "typed", field: "text", value: "x" }, { type: "ended" }] as Event[]) next(state, event);
});

test("the last answer is the staff's, not the visitor's", () => {
  equal(lastAnswerSeq(after({ type: "arrived", messages: [message(1), message(2, "visitor")] })), 1);
});

const form = { ...emptyDraft, text: "Hello", about: "me", form: "visits.request", "data-reason": "Knee" };
const accepted = (kind: string): Event => ({ type: "accepted", message: { ...message(1, "visitor"), kind } });

test("a form that is sent is emptied, and what stands in the box and the other answers stay", () => {
  deepEqual(next(after({ type: "draft", draft: form }), accepted("visits.request")).draft, { ...emptyDraft, text: "Hello", about: "me" });
});

test("an answer that is chosen leaves everything where it is", () => {
  const chosen = { kind: "visits.chosen", answer: "b", label: "Tuesday" };
  const state = after({ type: "draft", draft: form }, { type: "sending", choice: chosen }, { type: "waiting" });
  deepEqual(state.choice, chosen);
  const done = next(state, accepted("visits.chosen"));
  deepEqual([done.draft, done.choice, done.sending], [form, undefined, "sent"]);
  deepEqual(next(state, { type: "emptied" }).draft, form);
});

test("what was not chosen in the end is forgotten when she writes", () => {
  const state = after({ type: "sending", choice: { kind: "k", answer: "b", label: "B" } }, { type: "failed", problem: "Taken." }, { type: "typed", field: "text", value: "Well" });
  deepEqual([state.choice, state.sending], [undefined, "idle"]);
});

test("a form begins empty, and one that was left comes back as it was", () => {
  const state = after({ type: "draft", draft: form }, { type: "filling" });
  deepEqual([state.draft.form, state.draft.text], [undefined, "Hello"]);
  deepEqual(next(state, { type: "filling", form: "visits.request" }).draft["data-reason"], "Knee");
  deepEqual(next(state, { type: "filling", form: "other.kind" }).draft, { ...emptyDraft, text: "Hello", about: "me", form: "other.kind" });
});

test("while a message is on its way no form takes its place", () => {
  const state = after({ type: "sending" });
  equal(next(state, { type: "filling", form: "visits.request" }), state);
});

test("what was left in a form stays when the box is sent", () => {
  const state = after({ type: "draft", draft: form }, { type: "filling" }, accepted("text"), { type: "filling", form: "visits.request" });
  deepEqual([state.draft.text, state.draft["data-reason"]], ["", "Knee"]);
});

test("what a plugin says counts as an answer that was not seen", () => {
  const automatic: Message = { ...message(2), author: { kind: "plugin", name: null, role: null } };
  const state = after({ type: "arrived", messages: [message(1, "visitor"), automatic] });
  deepEqual([state.unread, lastAnswerSeq(state)], [1, 2]);
});
