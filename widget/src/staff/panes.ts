// Open a conversation beside the list: the address, the back button and what was typed are as if it were a page of its own.
import { leaveDrafts, restoreDrafts } from "./drafts.ts";
import { exchange, load, markCurrent, nowOnScreen, onePane, onScreen } from "./live.ts";
import { announce } from "./notices.ts";
import { showTyping } from "./presence.ts";
import { say } from "./words.ts";

const wide = "(min-width: 80rem)"; // the facts about the visitor stand beside the conversation
let under: XMLHttpRequest | undefined;
let listAt = 0; // where a small screen's list was left

const shown = () => onScreen().pathname + onScreen().search;

/** Links marked data-open exchange a pane; back and forward do, too. */
export function startPanes(): void {
  if (!document.getElementById("list")) return;
  matchMedia(wide).addEventListener("change", settle);
  nowOnScreen(location.pathname + location.search);
  settle();
  addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-open]") : null;
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(new URL(link.href), true);
  });
  addEventListener("popstate", () => { if (location.pathname + location.search !== shown()) open(new URL(location.href), false); });
}

/** Fetches a page and shows its pane. Of two that were asked for, the later one counts. */
function open(url: URL, push: boolean): void {
  const earlier = under;
  under = undefined; // an aborted request reports its end at once
  earlier?.abort();
  const main = document.getElementById("main")!;
  const waiting = setTimeout(() => (main.ariaBusy = "true"), 150);
  const isConversation = url.pathname.includes("/conversations/");
  const request = under = load("GET", url.href, null, (answer) => {
    clearTimeout(waiting);
    if (request !== under) return; // another one was asked for since
    under = undefined;
    main.ariaBusy = null;
    const page = answer?.page;
    const mine = page?.body.dataset.me === document.body.dataset.me;
    if (!page || answer.status !== 200 || answer.url.pathname !== url.pathname || !mine || !page.getElementById("main")) return leave(url, push);
    show(page, url, push);
  }, isConversation && document.querySelector("[data-queue]") ? onePane : {});
}

function show(page: Document, url: URL, push: boolean): void {
  void leaveDrafts();
  if (!document.body.dataset.conversation) listAt = scrollY;
  // A new pane, never the old one made over: no box is ever turned from one conversation to another.
  document.getElementById("main")!.replaceWith(document.importNode(page.getElementById("main")!, true));
  const { conversation } = page.body.dataset;
  if (conversation) document.body.dataset.conversation = conversation;
  else delete document.body.dataset.conversation;
  document.body.className = page.body.className;
  const list = document.getElementById("list")!;
  const next = page.getElementById("list");
  if (!conversation && next?.dataset.url) list.dataset.url = next.dataset.url;
  const path = url.pathname + url.search;
  if (push && path !== location.pathname + location.search) history.pushState(null, "", path);
  nowOnScreen(path);
  exchange(page, false);
  restoreDrafts();
  settle();
  if (conversation) document.getElementById("newest")?.scrollIntoView({ block: "end" });
  else scrollTo(0, listAt);
  focus(conversation);
}

/** To where the page has changed, as if it had been loaded; back in the list, to the row that was left. */
function focus(conversation: string | undefined): void {
  if (conversation) return document.querySelector<HTMLElement>("#main h1")?.focus({ preventScroll: true });
  if (document.activeElement?.closest("#list")) return;
  document.getElementById("list")!.focus({ preventScroll: true });
}

/** What a fresh pane needs: the facts folded where there is no room, the marks of who types. */
function settle(): void {
  const facts = document.getElementById("facts");
  if (facts instanceof HTMLDetailsElement) facts.open = matchMedia(wide).matches;
  markCurrent();
  showTyping();
}

/** Something else came than was asked for: the browser shows it, or says why it cannot. */
function leave(url: URL, push: boolean): void {
  if (!navigator.onLine) {
    if (!push) history.pushState(null, "", shown()); // back: the address is again that of what is on the screen
    return announce(say("You are offline: this could not be opened."));
  }
  if (push) location.assign(url);
  else location.reload();
}
