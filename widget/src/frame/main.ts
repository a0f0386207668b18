// The frame: wires what happens to the state, and the state to the screen.
import { connect, newKey } from "./api.ts";
import { reach } from "./link.ts";
import { outbox, type Fate } from "./outbox.ts";
import { pauseAfter } from "./pauses.ts";
import { begin, faults, messageBody, next, openingBody, type Event } from "./state.ts";
import { remember } from "./storage.ts";
import type { Talk } from "./talk.ts";
import type { Card, Field } from "./types.ts";
import { view } from "./view.ts";
import { speak, words } from "./words.ts";

declare const TALK: string; // the address of talk.js, which the build fills in

const card: Card = JSON.parse(document.getElementById("card")!.textContent!);
const windowed = parent === window;
const memory = remember(card.clinic);
const api = connect(card, memory);
const out = outbox({ memory, later, random: Math.random, now: Date.now, tell: fated, post: ({ opening, body, key }) => (opening ? api.open : api.send)(body, key) });

await speak(card.words);
let state = begin(memory.get("draft"), navigator.onLine);
let started = false;
let talk: Talk | null = null;
const screen = view(card, windowed, { typed, send, talk: () => talk, durable: () => memory.durable, anew: () => { happen({ type: "form" }); screen.focus(); } });
const tell = reach(card.origins, { opened, closed: () => happen({ type: "shown", shown: false }) });

function happen(event: Event) {
  const { unread } = state;
  state = next(state, event);
  screen.paint(state);
  if (state.unread !== unread) tell("unread", state.unread);
  talk?.confirmSeen();
}

function later(ms: number, act: () => void) {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}

/** The panel is open. Only now is anything asked of the service: a frame that was merely warmed up stays quiet. */
function opened(focus: boolean) {
  happen({ type: "shown", shown: true });
  if (!started) start();
  if (!focus) return;
  screen.focus();
  // The page's focus may arrive in this frame after its word, and then starts at the top again.
  addEventListener("focus", screen.focus, { once: true, signal: AbortSignal.timeout(1000) });
}

/** Looks for a conversation only where there is a sign of one, so a first visitor's frame asks nothing. */
function start() {
  started = true;
  const sign = memory.get("token") || "known" in document.documentElement.dataset || location.search === "?window=1";
  if (sign && !out.waiting()?.opening) resume(0);
  else out.wake();
}

async function resume(tries: number) {
  happen({ type: "loading" });
  const { status, body, retryAfter } = await api.conversation();
  if (status === 200) {
    happen({ type: "resumed", conversation: body.conversation, openedSeq: body.opened_upto ?? 0 });
    await converse();
    out.wake();
    screen.focus();
  } else if (status === 401) {
    memory.drop("token");
    happen({ type: "form" });
    out.wake();
  } else later(pauseAfter(tries, Math.random(), retryAfter), () => resume(tries + 1));
}

const fetchTalk = (address = TALK): Promise<typeof import("./talk.ts")> => import(address);

/** Brings the part that follows the conversation; where the network fails it, another address is another try. */
async function converse(tries = 0) {
  if (talk) return;
  const part = await fetchTalk(tries ? `${TALK}?${tries}` : TALK).catch(() => null);
  if (!part) later(pauseAfter(tries, Math.random()), () => converse(tries + 1));
  else if (state.conversation && !talk) {
    talk = part.talk({ card, api, core: words, state: () => state, happen, ended, fleeting: () => !memory.durable && memory.get("token"), later });
    await talk.sync();
    screen.paint(state);
  }
}

function typed(field: Field, value: string) {
  if (!state.draft.text) fetchTalk().catch(() => {}); // it will be there when it is needed
  happen({ type: "typed", field, value });
  memory.set("draft", state.draft);
}

function send() {
  if (state.sending === "sending") return;
  if (state.sending === "waiting") return out.wake();
  const opening = !state.conversation;
  const errors = faults(state.draft, card, opening);
  happen({ type: "faulty", errors });
  if (Object.keys(errors).length) return screen.focusFault(errors);
  memory.set("draft", state.draft);
  out.add({ key: newKey(), at: Date.now(), opening, body: JSON.stringify(opening ? openingBody(state.draft, card) : messageBody(state.draft)) });
}

function fated(fate: Fate) {
  if (fate.type === "accepted") return accepted(fate.answer);
  happen(fate);
  if (fate.type === "failed" && fate.status === 401) ended();
}

function accepted({ conversation, message }: any) {
  happen({ type: "accepted", conversation, message });
  memory.set("draft", state.draft);
  converse();
}

/** This device has no conversation any more. What was typed and not sent stays in the box. */
function ended() {
  talk?.stop();
  talk = null;
  out.clear();
  memory.drop("token");
  happen({ type: "ended" });
  if (!state.draft.text) memory.drop("draft");
  screen.focus();
}

addEventListener("online", () => { happen({ type: "online", online: true }); out.wake(); talk?.wake(); });
addEventListener("offline", () => happen({ type: "online", online: false }));
document.addEventListener("visibilitychange", () => { if (!document.hidden) talk?.sync(), talk?.confirmSeen(); });
addEventListener("beforeunload", (event) => { if (out.waiting()) event.preventDefault(); });
addEventListener("keydown", (event) => {
  // 229 is what a key says while an input method still composes, in browsers that set isComposing too late.
  if (event.key === "Escape" && !event.isComposing && event.keyCode !== 229 && !screen.escape()) tell("close");
});

screen.paint(state);
if (windowed) opened(true);
