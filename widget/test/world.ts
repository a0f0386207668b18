// A clock that stands until it is told, a network that answers as it is told, a memory that outlives a reload.
import { safe } from "../src/frame/safe.ts";
import { emptyDraft } from "../src/frame/state.ts";
import { remember } from "../src/frame/storage.ts";
import type { Answer, Item } from "../src/frame/types.ts";

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

/** Everything that is only waiting for a promise has gone on, what is sealed in other threads too. */
export async function settled() {
  for (let turn = 0; turn < 15; turn++) {
    await new Promise<void>((go) => setTimeout(go));
    await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  }
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
  const refuse = () => { throw new Error("SecurityError"); };
  Object.defineProperty(globalThis, "sessionStorage", { configurable: true, get: () => (throws ? refuse() : kept) });
  const databases = shelves();
  Object.defineProperty(globalThis, "indexedDB", { configurable: true, get: () => (throws ? refuse() : databases) });
  return { kept, databases: databases.all, memory: () => remember("riverside"), refusePuts: () => { databases.fate.refusing = true; }, safe: (now = () => 0, clinic = "riverside") => safe(clinic, now) };
}

/** As much of IndexedDB as a shelf needs: databases of one store, values cloned as the browser does. */
function shelves() {
  const all = new Map<string, Map<string, any>>();
  const fate = { refusing: false, refuse: () => { throw new Error("DataCloneError"); } };
  const request = (result?: unknown) => {
    const asked: any = { result };
    queueMicrotask(() => asked.onsuccess?.());
    return asked;
  };
  const store = (kept: Map<string, any>) => ({
    put: (value: unknown, id: string) => (fate.refusing ? fate.refuse() : request(void kept.set(id, structuredClone(value)))),
    get: (id: string) => request(kept.get(id)),
    count: (id?: string) => request(id === undefined ? kept.size : Number(kept.has(id))),
    getAllKeys: () => request([...kept.keys()]),
    delete: (id: string) => request(void kept.delete(id)),
  });
  const transaction = (name: string) => () => {
    const made: any = { objectStore: () => store(all.get(name)!), abort: () => made.onabort() };
    setTimeout(() => made.oncomplete());
    return made;
  };
  const open = (name: string) => {
    const asked: any = { result: { transaction: transaction(name), createObjectStore: () => all.set(name, new Map()), close() {} } };
    asked.transaction = { abort: () => all.delete(name) };
    queueMicrotask(() => {
      if (!all.has(name)) asked.onupgradeneeded();
      all.has(name) ? asked.onsuccess() : asked.onerror();
    });
    return asked;
  };
  return { all, fate, open, deleteDatabase: (name: string) => request(void all.delete(name)) };
}

export const answer = (status: number, body: unknown = null, retryAfter = 0): Answer => ({ status, body, retryAfter });

export function message(changes: Partial<Item> = {}): Item {
  const draft = { ...emptyDraft, text: "Hello" };
  return { key: "k1", at: 0, conversation: "c1", token: null, draft, body: '{"kind":"text","data":{"text":"Hello"}}', ...changes };
}
