// One tab holds the stream and tells the others: a browser opens only six connections to one server under HTTP/1.1.
import { follow } from "./events.ts";
import type { Typing } from "./presence.ts";
import { serverTime } from "./waiting.ts";

export type State = "live" | "wait" | "off";
type News = { type: "changed"; conversation: string } | { type: "opened" } | { type: "typing"; typing: Typing } | { type: "state"; state: State } | { type: "ended" } | { type: "hello"; since: number };
const doubt = 2_000_000; // microseconds: a change may carry an earlier moment than the page that missed it

type Listener = {
  name: string;
  url: string;
  since: number; // microseconds: the server's moment at which this page was made
  changed(conversation: string): void;
  opened(): void;
  typing(typing: Typing): void;
  state(state: State): void;
  ended(): void;
};

/** Calls `changed`, `state` and `ended` in every tab, whichever of them is the one that listens. */
export function shareStream(listener: Listener): void {
  const others = new BroadcastChannel(listener.name);
  others.onmessage = ({ data }: MessageEvent<News>) => take(listener, data);
  others.postMessage({ type: "hello", since: listener.since } satisfies News);
  const lead = () => new Promise<void>(() => leadTabs(listener, others)); // never settles: the lock ends with the tab
  if (navigator.locks) void navigator.locks.request(listener.name, lead);
  else void lead(); // a browser without Web Locks: each tab listens for itself
}

function leadTabs(listener: Listener, others: BroadcastChannel): void {
  let state: State = "wait";
  let latest = listener.since;
  const tell = (news: News) => { others.postMessage(news); take(listener, news); };
  const turn = (next: State) => tell({ type: "state", state: (state = next) });
  const changed = (conversation: string) => { latest = serverTime(); tell({ type: "changed", conversation }); };
  others.onmessage = ({ data }: MessageEvent<News>) => {
    if (data.type !== "hello") return;
    others.postMessage({ type: "state", state } satisfies News);
    // The new tab was made before the last change that it could not hear of yet.
    if (latest > data.since - doubt) others.postMessage({ type: "changed", conversation: "" } satisfies News);
  };
  const hear = ({ event, data }: { event: string; data: string }) => {
    if (event === "end") return tell({ type: "ended" });
    if (state !== "live") turn("live");
    if (event === "hello" && JSON.parse(data).changed) changed("");
    if (event === "opened") tell({ type: "opened" });
    if (event === "typing") tell({ type: "typing", typing: JSON.parse(data) });
    if (event === "changed") changed(String(JSON.parse(data).conversation));
  };
  const failed = (failures: number) => {
    turn("wait");
    if (failures > 1) changed(""); // where streams are blocked this is the polling, at the pace of the pauses
  };
  void follow(listener.url, () => latest - doubt, hear, failed);
}

function take(listener: Listener, news: News): void {
  if (news.type === "changed") listener.changed(news.conversation);
  if (news.type === "opened") listener.opened();
  if (news.type === "typing") listener.typing(news.typing);
  if (news.type === "state") listener.state(news.state);
  if (news.type === "ended") listener.ended();
}
