// What waits to be sent, on this device and sealed, for a day; where the browser refuses, in this window alone.
import { hashed, newSealingKey, open, seal } from "./seal.ts";
import { shelf } from "./shelf.ts";
import type { Item } from "./types.ts";

export const dayMs = 24 * 3_600_000; // as long as the service knows a message's key

/** Each message has a sealing key of its own, which lies beside it as an object and goes with it. */
type Kept = { conversation: string; key: CryptoKey; sealed: Uint8Array<ArrayBuffer> };

export type Safe = ReturnType<typeof safe>;

export function safe(clinic: string, now: () => number) {
  const { put, look, drop, clear } = shelf(`securemsg:${clinic}`);
  const here = new Map<string, Item>(); // what the browser would not keep
  let durable = false;

  const place = (conversation: string, id: string) => ["unsent", clinic, conversation, id];

  async function write(item: Item) {
    const id = await hashed(item.key);
    const key = await newSealingKey();
    const sealed = await seal(key, place(item.conversation, id), item);
    await put({ conversation: item.conversation, key, sealed } satisfies Kept, id);
  }

  /** A record that does not open is nobody's message: it goes. */
  async function read(id: string): Promise<Item | undefined> {
    const kept: Kept | undefined = await look((kept) => kept.get(id));
    if (!kept) return;
    const item: Item | null = await open(kept.key, place(kept.conversation, id), kept.sealed).catch(() => null);
    if (item && (await hashed(item.key)) === id) return item;
    await drop(id);
  }

  const ids = async () => (((await look((kept) => kept.getAllKeys())) ?? []) as string[]).filter((id) => !id.startsWith("draft"));

  return {
    /** True when what was kept last will outlive this window. */
    durable: () => durable,

    async put(item: Item) {
      durable = await write(item).then(() => true, () => false);
      if (!durable) here.set(item.key, item);
    },

    /** All that waits, the oldest first; what is older than a day is deleted, and `expired` hears of it. */
    async all(expired = (_: Item) => {}): Promise<Item[]> {
      const kept = await ids().then((found) => Promise.all(found.map(read))).catch(() => []);
      const found = [...kept, ...here.values()].filter((item) => !!item).sort((a, b) => a.at - b.at);
      for (const item of found) if (now() - item.at > dayMs) await this.drop(item), expired(item);
      return found.filter(({ at }) => now() - at <= dayMs);
    },

    /** False once another window has sent it, or somebody has ended the conversation on this device. */
    async has({ key }: Item): Promise<boolean> {
      return here.has(key) || hashed(key).then((id) => look((kept) => kept.count(id))).then((count) => !!count, () => true);
    },

    async drop({ key }: Item) {
      here.delete(key);
      await hashed(key).then(drop).catch(() => {});
    },

    /** All of it, and every draft's key: whatever else lies about can never be read again. */
    async forget() {
      here.clear();
      await clear().catch(() => {});
    },
  };
}
