// A clock that stands until it is told, a network that answers as it is told, a memory that outlives a reload.
import { remember } from "../src/frame/storage.ts";
import type { Answer } from "../src/frame/types.ts";

export function clock() {
  let now = 0;
  let due: { at: number; act: () => void }[] = [];
  return {
    now: () => now,
    /** The computer slept for so many hours. */
    jump(hours: number) { now += hours * 3_600_000; },
    later(ms: number, act: () => void) {
      const entry = { at: now + ms, act };
      due.push(entry);
      return () => { due = due.filter((other) => other !== entry); };
    },
    /** Milliseconds until the next thing that waits, or nothing. */
    next: () => (due.length ? Math.min(...due.map(({ at }) => at)) - now : undefined),
    async pass(ms: number) {
      await settled();
      for (const end = now + ms; ; ) {
        const entry = due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        now = entry?.at ?? end;
        if (!entry) return;
        due = due.filter((other) => other !== entry);
        entry.act();
        await settled();
      }
    },
  };
}

/** Everything that is only waiting for a promise has gone on. */
export async function settled() {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((go) => setTimeout(go)); // a stream takes some turns
}

export function storage(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
    get length() { return kept.size; },
  } as Storage;
}

/** A tab's storage; `throws` as a browser does that keeps nothing for third parties. */
export function browser(throws = false) {
  const kept = storage();
  Object.defineProperty(globalThis, "sessionStorage", { configurable: true, get: () => { if (throws) throw new Error("SecurityError"); return kept; } });
  return { kept, memory: () => remember("riverside") };
}

export const answer = (status: number, body: unknown = null, retryAfter = 0): Answer => ({ status, body, retryAfter });
