// Fetch what is on the screen again and exchange the regions that are marked data-live: the list and the conversation, each by itself.
import { isTypedIn, morph } from "./morph.ts";
import { announce } from "./notices.ts";
import { showTyping } from "./presence.ts";
import { renew } from "./session-end.ts";
import { setClock, tick } from "./waiting.ts";
import { say } from "./words.ts";

const quiet = { shown: 1_000, hidden: 10_000, pointer: 1_500 }; // milliseconds
const patience = 600; // milliseconds until a slow answer is worth showing
const unasked = { "Securemsg-Live": "1" }; // not a person's act: it must not keep the session awake
let shown = ""; // the address of the pane on the screen
let pointed = -Infinity; // when the pointer last moved over the queue

addEventListener("pointermove", ({ target }) => { if (target instanceof Element && target.closest("[data-queue]")) pointed = performance.now(); }, { passive: true });

/** Calls `fetchIt` soon: not while it is under way, not too often, not before `earliest`. `fetchIt` calls its argument when it is done. */
function paced(fetchIt: (done: () => void) => void, earliest: () => number): () => void {
  let under = false, again = false, last = -Infinity, due: number | undefined;
  const ask = () => {
    if (under) { again = true; return; }
    clearTimeout(due);
    const pace = document.visibilityState === "visible" ? quiet.shown : quiet.hidden;
    due = setTimeout(begin, Math.max(0, Math.max(last + pace, earliest()) - performance.now()));
  };
  const begin = () => {
    if (performance.now() < earliest()) return ask();
    under = true;
    last = performance.now();
    fetchIt(() => { under = false; if (again) { again = false; ask(); } });
  };
  return ask;
}

/** Brings the list up to date; rows must not move away under a click. No conversation is opened by that. */
export const refreshList = paced((done) => {
  const queue = document.querySelector("[data-queue]");
  const slow = setTimeout(() => queue && (queue.ariaBusy = "true"), patience);
  const url = new URL(document.getElementById("list")?.dataset.url ?? location.href, location.href);
  load("GET", url.href, null, (answer) => {
    clearTimeout(slow);
    if (queue) queue.ariaBusy = null;
    if (isOurs(answer, url.pathname)) exchange(answer!.page, true);
    done();
  }, unasked);
}, () => pointed + quiet.pointer);

/** Where the pane on the screen is from. The address bar is ahead of it while another one is fetched. */
export const onScreen = () => new URL(shown || location.href, location.href);
export const nowOnScreen = (path: string) => { shown = path; };

/** Brings the conversation up to date: fetching it counts as opening it, so an unseen tab waits. */
export function refreshPane(): void {
  if (document.visibilityState === "visible") return fetchPane();
  document.addEventListener("visibilitychange", refreshPane, { once: true });
}

const fetchPane = paced((done) => {
  if (!document.body.dataset.conversation) return done(); // it was put away meanwhile
  const url = onScreen();
  load("GET", url.href, null, (answer) => {
    if (url.pathname === onScreen().pathname && isOurs(answer, url.pathname)) exchange(answer!.page, true);
    done();
  }, { ...unasked, ...onePane });
}, () => 0);

/** The list is on the screen already: the server need not write it again. */
export const onePane = { "Securemsg-Pane": "1" };

export type Answer = { status: number; url: URL; page: Document };

/** One request whose answer is a page; undefined when no answer came. A parsed document is no Trusted Types sink. */
export function load(method: "GET" | "POST", url: string, body: URLSearchParams | null, done: (answer?: Answer) => void, headers: Record<string, string> = {}): XMLHttpRequest {
  const request = new XMLHttpRequest();
  request.open(method, url);
  request.responseType = "document";
  request.timeout = 30_000;
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
  request.onloadend = () => {
    const page = request.responseXML;
    done(request.status && page ? { status: request.status, url: new URL(request.responseURL), page } : undefined);
  };
  request.send(body);
  return request;
}

/** Whether this is the page that was asked for. Signed out, or no longer ours to see: it is loaded anew, and says so. */
function isOurs(answer: Answer | undefined, pathname: string): boolean {
  if (!answer || answer.status >= 500 || answer.status === 429) return false;
  if (answer.status !== 200 || answer.url.pathname !== pathname) { location.reload(); return false; }
  // Somebody else signed in on this browser: nothing of theirs may come into this page, or its forms would speak for them.
  // What is typed here stays, and sending it says whose name it would go out in.
  const mine = answer.page.body.dataset.me === document.body.dataset.me;
  if (!mine && !isTypedIn(document.body)) location.reload();
  return mine;
}

/** Takes over the live regions of `page` and says aloud what is new. `answered` is the form that it is the answer to.
 *  Of a page of another conversation than the one on the screen only the list is taken. */
export function exchange(page: Document, aloud: boolean, answered?: HTMLFormElement): void {
  const before = contents();
  const focus = document.activeElement;
  const homes = focus?.closest("#main") ? ["#f-reply", "#main h1"] : ["#list"]; // for a focus whose place goes away
  const same = page.body.dataset.conversation === document.body.dataset.conversation;
  for (const region of document.querySelectorAll<HTMLElement>("[data-live]")) {
    const next = page.querySelector(`[data-live="${region.dataset.live}"]`);
    if (next && (same || !region.closest("#main"))) morph(region, next, answered);
  }
  markCurrent();
  if (focus instanceof HTMLElement && focus.isConnected && focus !== document.activeElement) focus.focus({ preventScroll: true });
  if (focus && !focus.isConnected) homes.map((place) => document.querySelector<HTMLElement>(place)).find(Boolean)?.focus({ preventScroll: true });
  document.title = same ? page.title : counted(page.title) + document.title.replace(count, "");
  setClock(page);
  renew(page);
  tick();
  showTyping();
  if (aloud) sayNews(before, contents());
}

const count = /^\(\d+\) /;
const counted = (title: string) => count.exec(title)?.[0] ?? "";

/** The row of the conversation that is open. */
export function markCurrent(): void {
  const open = document.getElementById(`c-${document.body.dataset.conversation}`)?.querySelector("a");
  for (const link of document.querySelectorAll("[data-queue] a[aria-current]")) if (link !== open) link.removeAttribute("aria-current");
  open?.setAttribute("aria-current", "true");
}

type Contents = { entries: Set<string>; unread: number; waits: string | undefined; todos: number };

function contents(): Contents {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-unread]")].filter(({ id }) => id !== `c-${document.body.dataset.conversation}`);
  const entries = [...document.querySelectorAll(".entry.visitor")];
  return { entries: new Set(entries.map(({ id }) => id)), unread: rows.reduce((sum, row) => sum + Number(row.dataset.unread), 0),
    waits: document.querySelector("#undo") ? document.querySelector(".entry.pending")?.id : undefined,
    todos: Number(document.querySelector<HTMLElement>("[data-todos]")?.dataset.todos ?? 0) };
}

function sayNews(before: Contents, after: Contents): void {
  if (before.waits && !after.waits && document.getElementById(before.waits)) announce(say("Reply sent."));
  const fresh = [...after.entries].filter((id) => !before.entries.has(id)).length + Math.max(0, after.unread - before.unread);
  const news = [fresh && say("{count} new messages.", { count: fresh }), after.todos > before.todos && say("There is something new to do.")];
  if (news.some(Boolean)) announce(news.filter(Boolean).join(" "));
}
