// What the page says of itself: aloud to a screen reader, and in words about the connection.
import type { State } from "./leader.ts";
import { say } from "./words.ts";

const words: Record<State, string> = { live: say("Live"), wait: say("Reconnecting…"), off: say("Offline") };
const banners: Partial<Record<State, string>> = {
  wait: say("Reconnecting… This page may not show the newest messages."),
  off: say("You are offline. What you type is kept, but it is not sent."),
};
const patience = 4_000; // milliseconds of trouble before a banner moves the page

let heard: State = "wait";
let shown: State | undefined;
let pending: number | undefined;

if (typeof window !== "undefined") ["online", "offline"].forEach((name) => addEventListener(name, () => showState(heard)));

/** Says a sentence politely, also when it is the same sentence again. */
export function announce(sentence: string): void {
  const region = document.getElementById("announce");
  if (!region) return;
  region.textContent = "";
  setTimeout(() => (region.textContent = sentence), 100); // an emptied region first: the same words would not be read twice
}

/** Shows how the page hears of news; trouble is a word at once and a banner when it lasts. */
export function showState(state: State): void {
  heard = state;
  const now = navigator.onLine ? state : "off";
  if (now === shown) return;
  shown = now;
  const live = document.getElementById("live");
  if (live) { live.textContent = words[now]; live.dataset.state = now; }
  clearTimeout(pending);
  pending = setTimeout(showBanner, now === "wait" ? patience : 0);
}

function showBanner(): void {
  const banner = document.getElementById("connection");
  const sentence = banners[shown ?? "live"] ?? "";
  if (!banner || banner.textContent === sentence) return;
  banner.hidden = !sentence;
  banner.textContent = sentence;
  announce(sentence || say("Connected again."));
}
