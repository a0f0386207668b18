// The frame: wires what happens to the state, and the state to the screen.
import { connect, newKey } from "./api.ts";
import type { Around } from "./around.ts";
import { fetching } from "./fetching.ts";
import type { Forms } from "./forms.ts";
import type { Guard } from "./guard.ts";
import { reach } from "./link.ts";
import { pauseAfter } from "./pauses.ts";
import { begin, isHeld, next, type Event, type State } from "./state.ts";
import { remember } from "./storage.ts";
import type { Talk } from "./talk.ts";
import type { Card, Field } from "./types.ts";
import type { Unsent } from "./unsent.ts";
import { view } from "./view.ts";
import { speak, words } from "./words.ts";

// Addresses of the parts that are fetched when they are needed; the build fills them in.
declare const TALK: string, LOG: string, UNSENT: string, KEEP: string, CHECK: string, PROOF: string, FRONT: string, FORMS: string, PIECES: string, GUARD: string, PLACES: string;

const card: Card = JSON.parse(document.getElementById("card")!.textContent!);
const windowed = parent === window;
const memory = remember(card.clinic);
const spoken = await speak(card);
const api = connect(card, memory, { shown: () => state.conversation?.id, over: (why) => ended(why) });

let state = begin({}, navigator.onLine);
let started = false;
let talk: Talk | null = null;
let unsent: Unsent | undefined;
let forms: Forms | undefined;
let guard: Guard | undefined;
const anew = () => { happen({ type: "form" }); screen.focus(); };
const beside: Record<string, any> = {}; // what draws beside the screen, for the clinic's plugins
const draw = (state: State) => Object.values(beside).forEach((part) => part.paint(state));
const places = async () => (await fetchPart(PLACES)).show(shared);
const screen = view(card, windowed, { typed, send, anew, draw, places, talk: () => talk, unsent: () => unsent });
const tell = reach(card.origins, { opened, closed: () => happen({ type: "shown", shown: false }) });

function happen(event: Event) {
  const { unread } = state;
  state = next(state, event);
  screen.paint(state);
  if (state.unread !== unread) tell("unread", state.unread);
  if (state.draft.form) fetchForms();
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
  addEventListener("focus", screen.focus, { once: true, signal: AbortSignal.timeout?.(1000) });
  addEventListener("keydown", firstKey, { once: true });
}

/** WebKit lets no script give a field the focus before a key was pressed in a frame of another site: the first letter brings it. */
function firstKey({ key, ctrlKey, metaKey }: KeyboardEvent) {
  if (key.length === 1 && !ctrlKey && !metaKey && document.activeElement === document.body) screen.focus();
}

/** Looks for a conversation only where there is a sign of one, so a first visitor's frame asks nothing. */
async function start() {
  started = true;
  if (card.safety) bring(GUARD).then((part) => { guard = part; });
  if (await isSomethingKept()) {
    happen({ type: "loading" });
    await (await fetchUnsent()).recall();
  }
  if (memory.get("token") || "known" in document.documentElement.dataset || /\bwindow=1/.test(location.search)) resume(0);
  else if (unsent) settle();
}

/** Where the browser cannot list what there is, the part that keeps it looks. */
async function isSomethingKept(): Promise<boolean> {
  try {
    return !indexedDB.databases || (await indexedDB.databases()).some(({ name }) => name === `securemsg:${card.clinic}`);
  } catch {
    return false; // storage is refused
  }
}

async function resume(tries: number) {
  happen({ type: "loading" });
  const { status, body, retryAfter } = await api.conversation();
  if (status === 200) {
    happen({ type: "resumed", conversation: body.conversation, openings: body.openings });
    await converse();
    settle();
  } else if (status === 401) {
    memory.drop("token");
    settle();
  } else later(pauseAfter(tries, Math.random(), retryAfter), () => resume(tries + 1));
}

/** It is known now whether there is a conversation, and which. */
function settle() {
  if (!state.conversation) happen({ type: "form" });
  if (document.activeElement === document.body) screen.focus(); // on a slow device she is writing already, or further on
  unsent?.settle();
}

const shared = { card, api, core: words, spoken, state: () => state, happen, ended, later };
const fetchPart = fetching(later, () => { if (isHeld(state)) happen({ type: "waiting" }); });
const around: Around = { ...shared, screen, send, fillIn, fetchPart, talk: () => talk };

/** Brings a part that draws beside the screen, and has it draw. */
async function bring(address: string) {
  const brought = await fetchPart(address);
  const part = (beside[address] ??= brought.begin(around));
  part.paint(state);
  screen.settle();
  return part;
}

/** A form that is open already stays: nothing that stands in it is lost. */
async function fillIn(form: string) {
  if (!state.draft.form) happen({ type: "filling", form });
  await fetchForms();
  screen.focus();
}

const fetchForms = async () => (forms ??= await bring(FORMS));
/** What the parts of messages look like; the text stands there where it does not come soon. */
const fetchPieces = () => Promise.race([bring(PIECES), new Promise<void>((go) => { later(2000, go); })]);
const fetchTalk = (): Promise<[typeof import("./talk.ts"), typeof import("./log.ts")]> => Promise.all([fetchPart(TALK), fetchPart(LOG)]);

async function fetchCheck() {
  const part: typeof import("./check.ts") = await fetchPart(CHECK);
  return part.check(card, spoken);
}

async function fetchUnsent(): Promise<Unsent> {
  const keeping: Promise<typeof import("./keep.ts")> = fetchPart(KEEP);
  const part: typeof import("./unsent.ts") = await fetchPart(UNSENT);
  const { keep } = await keeping;
  const prove = async (...asked: unknown[]) => (await fetchPart(PROOF)).prove(...asked);
  return (unsent ??= part.unsent({ ...shared, memory, accepted, keep, prove }));
}

/** Brings what follows the conversation. */
async function converse() {
  const [part, { transcript }] = await fetchTalk();
  if (!state.conversation || talk) return;
  talk = part.talk({ ...shared, transcript, pieces: fetchPieces, fleeting: () => !memory.durable && !!memory.get("token") });
  await talk.sync();
  screen.paint(state);
}

async function typed(field: Field, value: string) {
  happen({ type: "typed", field, value });
  fetchTalk(), fetchCheck(); // they will be there when they are needed
  (await fetchUnsent()).keep(state.draft);
}

/** What stands in the box or the form; or an answer chosen. */
async function send(choice = state.sending === "failed" ? state.choice : undefined) {
  if (state.sending === "sending") return;
  if (state.sending === "waiting") return unsent?.wake();
  happen({ type: "sending", choice }); // what stands there is sent as it stands now
  const { faults, openingBody, messageBody } = await fetchCheck();
  if (!isHeld(state)) return; // ended meanwhile
  const { draft, conversation } = state;
  const errors = choice ? {} : { ...faults(draft, !conversation), ...forms?.faults(draft) };
  const safety_notice = choice || Object.keys(errors).length ? undefined : guard?.look(draft);
  if (Object.keys(errors).length || safety_notice === "shown") {
    happen({ type: "faulty", errors });
    return screen.focusFault(errors);
  }
  const said = choice ? { kind: choice.kind, data: { answer: choice.answer } } : forms?.said(draft) ?? messageBody(draft);
  const body = JSON.stringify({ ...(!conversation && openingBody(draft, card)), ...said, safety_notice });
  const item = { key: newKey(), at: Date.now(), conversation: conversation?.id ?? "", token: memory.get("token"), draft, body, choice };
  (await fetchUnsent()).add(item);
}

async function accepted({ answer, ...accepted }: any) {
  happen({ type: "accepted", ...accepted, message: { ...accepted.message, answer } });
  if (answer?.length) bring(PIECES);
  converse();
}

/** This window has no conversation any more. What was typed and not sent stays in the box. `why`: nobody has ended it on this device. */
async function ended(why?: string) {
  talk?.stop();
  talk = null;
  memory.drop("token");
  happen({ type: "ended", why });
  screen.focus();
  (await fetchUnsent()).end(why == null);
}

addEventListener("resize", screen.settle); // a phone's keyboard takes half of the window
addEventListener("online", () => { happen({ type: "online", online: true }); unsent?.wake(); talk?.wake(); });
addEventListener("offline", () => happen({ type: "online", online: false }));
document.addEventListener("visibilitychange", () => { if (!document.hidden) talk?.sync(), talk?.confirmSeen(); });
addEventListener("beforeunload", (event) => { if (isHeld(state) && !unsent?.durable()) event.preventDefault(); });
addEventListener("keydown", (event) => {
  // 229 is what a key says while an input method still composes, in browsers that set isComposing too late.
  if (event.key === "Escape" && !event.isComposing && event.keyCode !== 229 && !screen.escape()) tell("close");
});

screen.paint(state);
if (card.notices?.length || card.offers?.length || card.changes_at || [card, ...card.categories].some(({ promised_at }) => promised_at)) bring(FRONT);
if (windowed) opened(true);
