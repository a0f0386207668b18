// Fetch this page again and exchange the regions that are marked data-live.
import { isTypedIn, morph } from "./morph.ts";
import { announce } from "./notices.ts";
import { renew } from "./session-end.ts";
import { setClock, tick } from "./waiting.ts";

const quiet = { shown: 1_000, hidden: 10_000, pointer: 1_500 }; // milliseconds
const patience = 600; // milliseconds until a slow answer is worth showing
let fetching = false;
let again = false;
let last = -Infinity; // when the last fetch began
let due: number | undefined;
let pointed = -Infinity; // when the pointer last moved over the queue

addEventListener("pointermove", ({ target }) => { if (target instanceof Element && target.closest("[data-queue]")) pointed = performance.now(); }, { passive: true });

/** Brings the page up to date soon: not while it is being fetched, not too often, not under a moving pointer. */
export function refresh(): void {
  if (fetching) { again = true; return; }
  clearTimeout(due);
  due = setTimeout(fetchPage, wait());
}

/** As refresh, but an unseen tab waits: fetching a conversation counts as opening it. */
export function refreshWhenSeen(): void {
  if (document.visibilityState === "visible") return refresh();
  document.addEventListener("visibilitychange", refreshWhenSeen, { once: true });
}

function wait(): number {
  const now = performance.now();
  const pace = document.visibilityState === "visible" ? quiet.shown : quiet.hidden;
  return Math.max(0, last + pace - now, pointed + quiet.pointer - now); // rows must not move away under a click
}

function fetchPage(): void {
  if (performance.now() < pointed + quiet.pointer) return refresh();
  fetching = true;
  last = performance.now();
  const queue = document.querySelector("[data-queue]");
  const slow = setTimeout(() => queue && (queue.ariaBusy = "true"), patience);
  load("GET", location.href, null, (answer) => {
    fetching = false;
    clearTimeout(slow);
    if (queue) queue.ariaBusy = null;
    if (answer && !isThisPage(answer)) return location.reload(); // signed out, or no longer ours to see
    if (answer?.status === 200 && isAnothers(answer)) return isTypedIn(document.body) ? undefined : location.reload();
    if (answer?.status === 200) exchange(answer.page, true);
    if (again) { again = false; refresh(); }
  });
}

export type Answer = { status: number; url: URL; page: Document };

/** One request whose answer is a page; undefined when no answer came. A parsed document is no Trusted Types sink. */
export function load(method: "GET" | "POST", url: string, body: URLSearchParams | null, done: (answer?: Answer) => void): void {
  const request = new XMLHttpRequest();
  request.open(method, url);
  request.responseType = "document";
  request.timeout = 30_000;
  if (method === "GET") request.setRequestHeader("Securemsg-Live", "1"); // not a person's act: it must not keep the session awake
  request.onloadend = () => {
    const page = request.responseXML;
    done(request.status && page ? { status: request.status, url: new URL(request.responseURL), page } : undefined);
  };
  request.send(body);
}

/** False when the answer is another page (the sign-in) or a refusal; a passing 5xx or 429 says nothing about that. */
function isThisPage({ status, url }: Answer): boolean {
  return status >= 500 || status === 429 || (status === 200 && url.pathname === location.pathname);
}

/** Somebody else signed in on this browser: nothing of theirs may come into this page, or its forms would speak for them.
 *  What is typed here stays, and sending it says whose name it would go out in. */
function isAnothers({ page }: Answer): boolean {
  return page.body.dataset.me !== document.body.dataset.me;
}

/** Takes over title and live regions of `page`, and says aloud what is new. `answered` is the form that it is the answer to. */
export function exchange(page: Document, aloud: boolean, answered?: HTMLFormElement): void {
  const before = contents();
  const focus = document.activeElement;
  for (const region of document.querySelectorAll<HTMLElement>("[data-live]")) {
    const next = page.querySelector(`[data-live="${region.dataset.live}"]`);
    if (next) morph(region, next, answered);
  }
  if (focus instanceof HTMLElement && focus.isConnected && focus !== document.activeElement) focus.focus({ preventScroll: true });
  document.title = page.title;
  setClock(page);
  renew(page);
  tick();
  if (aloud) sayNews(before, contents());
}

type Contents = { entries: Set<string>; unread: number };

function contents(): Contents {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-unread]")];
  const entries = [...document.querySelectorAll(".entry.visitor")];
  return { entries: new Set(entries.map(({ id }) => id)), unread: rows.reduce((sum, row) => sum + Number(row.dataset.unread), 0) };
}

function sayNews(before: Contents, after: Contents): void {
  const fresh = [...after.entries].filter((id) => !before.entries.has(id)).length + Math.max(0, after.unread - before.unread);
  if (fresh) announce(fresh === 1 ? "One new message." : `${fresh} new messages.`);
}
