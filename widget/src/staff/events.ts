// Listen to the clinic's stream of ids, and come back after every cut.

import { pauseAfter } from "../frame/pauses.ts";
import { parser } from "../frame/stream.ts";

export type Heard = { event: string; data: string };
type Outcome = "signed-out" | "ended" | "closed" | "failed";

const silence = { first: 10_000, later: 40_000 }; // the server sends its first bytes at once and a beat every 15 s

/** Follows `url` until the session ends; `since` gives the moment that the screens know about.
 *  Besides the server's events `hear` gets "open" at the first byte; `failed(n)` is told before each pause after trouble. */
export async function follow(url: string, since: () => number, hear: (heard: Heard) => void, failed: (failures: number) => void): Promise<void> {
  for (let failures = 0; ; ) {
    const outcome = await listen(`${url}?since=${since()}`, (heard) => { failures = 0; hear(heard); });
    if (outcome === "ended" || outcome === "signed-out") return hear({ event: "end", data: "" });
    if (outcome === "failed") failed(++failures);
    await sleep(pauseAfter(failures, Math.random()));
  }
}

/** One connection, from its first byte to its last. "closed": the server ended it after a while, as it should. */
async function listen(url: string, hear: (heard: Heard) => void): Promise<Outcome> {
  const cut = new AbortController();
  const mute = (milliseconds: number) => setTimeout(() => cut.abort(), milliseconds);
  let watchdog = mute(silence.first);
  let over = false;
  let opened = -Infinity;
  try {
    const answer = await fetch(url, { headers: { Accept: "text/event-stream" }, cache: "no-store", redirect: "error", signal: cut.signal });
    if (answer.status === 401) return "signed-out";
    if (!answer.ok || !answer.body) return "failed";
    const parse = parser((heard) => {
      if (heard.event === "end") over = true;
      else hear(heard);
    });
    const words = new TextDecoder();
    const source = answer.body.getReader();
    for (;;) {
      const { done, value } = await source.read();
      if (done) return performance.now() - opened > 5_000 ? "closed" : "failed";
      clearTimeout(watchdog);
      watchdog = mute(silence.later);
      if (opened < 0) { opened = performance.now(); hear({ event: "open", data: "" }); }
      parse(words.decode(value, { stream: true }));
      if (over) return "ended";
    }
  } catch {
    return "failed";
  } finally {
    clearTimeout(watchdog);
    cut.abort();
  }
}

/** Waits, but not longer than until the network is back or somebody looks. */
function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const wake = new AbortController();
    const go = () => { clearTimeout(timer); wake.abort(); resolve(); };
    const timer = setTimeout(go, milliseconds);
    addEventListener("online", go, { signal: wake.signal });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && go(), { signal: wake.signal });
  });
}
