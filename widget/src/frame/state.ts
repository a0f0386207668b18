// What the frame knows, and how each thing that happens changes it. No document, no network, no clock.
import type { Card, Category, Chosen, Conversation, Draft, Field, Message, Opening } from "./types.ts";

/** Where the visitor's message is on its way; the text stays in the box until the service has it. */
export type Sending = "idle" | "sending" | "waiting" | "failed" | "sent";

export type State = {
  screen: "form" | "loading" | "conversation" | "ended";
  draft: Draft;
  errors: Partial<Record<Field, string>>;
  sending: Sending;
  problem: string;
  /** It is this answer that is on its way, or was not sent, and not what stands in the box. */
  choice?: Chosen;
  conversation: Conversation | null;
  messages: Message[];
  /** All messages up to here have been fetched; an own one may be known before an answer that precedes it. */
  syncedSeq: number;
  /** Who of the clinic opened what, the first first. */
  openings: Opening[];
  online: boolean;
  shown: boolean;
  unread: number;
};

export type Event =
  | { type: "typed"; field: Field; value: string }
  | { type: "emptied" }
  | { type: "draft"; draft: Draft }
  | { type: "faulty"; errors: State["errors"] }
  | { type: "sending" | "waiting" | "failed"; problem?: string; errors?: State["errors"]; choice?: Chosen }
  | { type: "filling"; form?: string }
  | { type: "accepted"; conversation?: Conversation; message: Message }
  | { type: "loading" | "form" }
  | { type: "resumed"; conversation: Conversation; openings: Opening[] }
  | { type: "arrived"; messages: Message[] }
  | { type: "opened"; openings: Opening[] }
  | { type: "removed"; messages: Message[] }
  | { type: "online"; online: boolean }
  | { type: "shown"; shown: boolean }
  | { type: "ended"; why?: string };

export const emptyDraft: Draft = { text: "", category: "", about: "", name: "", contact: "", consent: "" };

export function begin(draft: Partial<Draft>, online: boolean): State {
  return {
    screen: "form", draft: { ...emptyDraft, ...draft }, errors: {}, sending: "idle", problem: "",
    conversation: null, messages: [], syncedSeq: 0, openings: [], online, shown: false, unread: 0,
  };
}

const nothingSaid = { sending: "idle" as const, problem: "", errors: {}, choice: undefined };

/** The next state; the given one is never changed. */
export function next(state: State, event: Event): State {
  switch (event.type) {
    case "typed":
      return typed(state, event.field, event.value);
    case "draft":
      return { ...state, draft: event.draft, ...nothingSaid };
    case "filling":
      return isHeld(state) ? state : { ...state, draft: filling(state.draft, event.form), ...nothingSaid };
    case "emptied":
      return { ...state, draft: state.choice ? state.draft : emptied(state.draft), ...nothingSaid };
    case "faulty":
      return { ...state, ...nothingSaid, errors: event.errors };
    case "sending":
    case "waiting":
    case "failed":
      return { ...state, sending: event.type, problem: event.problem ?? "", errors: event.errors ?? {}, choice: event.choice ?? state.choice };
    case "accepted":
      return accepted(state, event.message, event.conversation);
    case "loading":
    case "form":
      return { ...state, screen: event.type };
    case "resumed":
      return { ...state, screen: "conversation", ...facts(event) };
    case "arrived":
      return { ...arrived(state, event.messages), syncedSeq: Math.max(state.syncedSeq, ...event.messages.map(({ seq }) => seq)) };
    case "opened":
    case "removed":
    case "online":
      return { ...state, ...facts(event) };
    case "shown":
      return { ...state, shown: event.shown, unread: event.shown ? 0 : state.unread };
    case "ended":
      return { ...begin({ text: state.draft.text }, state.online), shown: state.shown, screen: "ended", problem: event.why ?? "" };
  }
}

/** What an event tells that is true from now on, by the same names as in the state. */
function facts<E extends Event>({ type, ...told }: E) {
  return told;
}

/** A field that is being mended has no fault any more, and what was said about the last message is over. */
function typed(state: State, field: Field, value: string): State {
  const held = isHeld(state) ? {} : { sending: "idle" as const, choice: undefined };
  return { ...state, draft: { ...state.draft, [field]: value }, errors: { ...state.errors, [field]: undefined }, ...held };
}

/** The message is on its way: what was typed must stay as it was sent. */
export function isHeld({ sending }: State): boolean {
  return sending === "sending" || sending === "waiting";
}

/** The box is cleared here and nowhere else: the service has the message now. */
function accepted(state: State, message: Message, conversation = state.conversation): State {
  const draft = state.choice ? state.draft : emptied(state.draft);
  return arrived({ ...state, screen: "conversation", conversation, draft, sending: "sent", problem: "", choice: undefined }, [message]);
}

/** What was written is gone, in the form or in the box; the other answers stay. */
function emptied(draft: Draft): Draft {
  return draft.form ? formless(draft) : { ...draft, text: "" };
}

const formless = (draft: Draft) => Object.fromEntries(Object.entries(draft).filter(([name]) => !/^(form$|left$|data-)/.test(name))) as Draft;

/** A form in place of the box, or (nothing) the box; one that was left comes back as it was. */
function filling(draft: Draft, form?: string): Draft {
  if (!form) return { ...draft, form, left: draft.form };
  return { ...(form === draft.left ? draft : formless(draft)), form };
}

/** Adds what is not there yet, in the order of `seq`; a repeated message changes nothing. */
function arrived(state: State, messages: Message[]): State {
  const known = new Set(state.messages.map(({ seq }) => seq));
  const fresh = messages.filter(({ seq }) => !known.has(seq));
  const all = [...state.messages, ...fresh].sort((a, b) => a.seq - b.seq);
  const answers = fresh.filter(isFromClinic).length;
  return { ...state, messages: all, unread: state.shown ? 0 : state.unread + answers };
}

/** The answers up to here are in front of the visitor. */
export function lastAnswerSeq({ messages }: State): number {
  return Math.max(0, ...messages.filter(isFromClinic).map(({ seq }) => seq));
}

/** Somebody wrote it, or a plugin did. */
function isFromClinic({ author }: Message): boolean {
  return /staff|plugin/.test(author.kind);
}

/** The visitor has written something that nobody of the clinic has opened. */
export function isUnopened({ messages, openings }: State): boolean {
  return messages.some(({ author, seq }) => author.kind === "visitor" && openings.every(({ upto_seq }) => upto_seq < seq));
}

/** The last thing that people did was its end; writing opens it again, and what is sent by itself does not. */
export function isClosed({ messages }: State): boolean {
  const people = messages.filter(({ author }) => author.kind !== "plugin");
  return people[people.length - 1]?.kind === "system.closed";
}

/** What is promised to who writes in that category: its own, else the clinic's. */
export function promiseIn(card: Pick<Card, "categories" | "promise" | "promised_at">, category?: string): { promise?: string | null; promised_at?: string | null } {
  return card.categories.find(({ id, promise }) => promise && id === category) ?? card;
}

export function categoryOf(draft: Draft, card: Card): Category | undefined {
  return card.categories.find(({ id, open }) => id === draft.category && open);
}
