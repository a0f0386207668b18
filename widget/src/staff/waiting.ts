// Waiting times that go on while nobody reloads, by the server's clock.
import { say } from "./words.ts";

const minute = 60_000_000; // microseconds, as everywhere in the service
let ahead = 0; // how far the server's clock is ahead of this one

/** "now", "12 min", "3 h", "4 days": the same words as the service's `ago` filter, always rounded down. */
export function ago(since: number, now: number): string {
  const minutes = Math.max(0, Math.floor((now - since) / minute));
  if (minutes < 1) return say("now");
  if (minutes < 60) return say("{count} min", { count: minutes });
  if (minutes < 48 * 60) return say("{count} h", { count: Math.floor(minutes / 60) });
  return say("{count} days", { count: Math.floor(minutes / 1440) });
}

/** The server's time in microseconds, as well as this page knows it. */
export function serverTime(): number {
  return Date.now() * 1000 + ahead;
}

/** Sets the clock by a page that has just come. */
export function setClock(page: Document): void {
  const now = Number(page.body.dataset.now);
  if (now) ahead = now - Date.now() * 1000;
}

export function startTicking(): void {
  setClock(document);
  setInterval(tick, 15_000);
}

/** Brings every waiting time up to now. */
export function tick(): void {
  for (const place of document.querySelectorAll<HTMLElement>("[data-since]")) {
    const text = ago(Number(place.dataset.since), serverTime());
    if (place.textContent !== text) place.textContent = text;
  }
}
