// The reply page's script: it makes live, quick and safe what the page's forms already do without it.
import { startCanned } from "./canned.ts";
import { startDrafts } from "./drafts.ts";
import { announce, showState } from "./notices.ts";
import { startKeys } from "./keys.ts";
import { refreshList, refreshPane } from "./live.ts";
import { shareStream } from "./leader.ts";
import { startPanes } from "./panes.ts";
import { startPasskeys } from "./passkeys.ts";
import { heardTyping } from "./presence.ts";
import { startPresses } from "./press.ts";
import { watchSession } from "./session-end.ts";
import { startSending } from "./send.ts";
import { startSmallThings } from "./small.ts";
import { startUndo } from "./undo.ts";
import { startTicking } from "./waiting.ts";
import { say } from "./words.ts";

const page = document.body.dataset;
const born = performance.now();

document.documentElement.classList.add("js");
startSmallThings();
startPresses();
startPasskeys();
startPanes();
startDrafts();
startCanned();
startKeys();
startUndo();
startSending();
startTicking();
watchSession(ended);
if (page.events && page.me) {
  shareStream({
    name: `securemsg-${page.clinic}-${page.me}`,
    url: page.events,
    since: Number(page.now),
    changed,
    opened: () => { if (document.getElementById("list")) refreshList(); },
    typing: heardTyping,
    state: showState,
    ended,
  });
}

/** Something changed in `conversation`; "" means that it is not known where. */
function changed(conversation: string): void {
  if (document.getElementById("list")) {
    refreshList();
    if (page.conversation && (!conversation || conversation === page.conversation)) refreshPane();
    return;
  }
  const elsewhere = document.getElementById("elsewhere");
  if (conversation && elsewhere) elsewhere.textContent = say("new");
}

/** The session is over: what is on the screen must go. The server answers the reload with its sign-in page. */
function ended(): void {
  // A page that was signed in a moment ago and is refused now would reload for ever: it asks first whether it is still served.
  if (performance.now() - born < 5_000) {
    announce(say("Live updates are not available. Reload the page to see what is new."));
    return document.getElementById("list") ? refreshList() : undefined;
  }
  if (document.querySelector("form[data-sign-out][aria-busy=true]")) return; // whoever signs out is on the way already
  location.reload();
}
