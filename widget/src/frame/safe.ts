// What waits to be sent, on this device and sealed, for a day; where the browser refuses, in this window alone.
import { hashed, newSealingKey, open, seal } from "./seal.ts";
import { shelf } from "./shelf.ts";
import { remember } from "./storage.ts";
import type { Item } from "./types.ts";

export const dayMs = 24 * 3_600_000; // as long as the service knows a message's key

/** Each message has a sealing key of its own, which lies beside it as an object and goes with it. */
type Kept = { conversation: string; key: CryptoKey; sealed: Uint8Array<ArrayBuffer> };

export type Safe = ReturnType<typeof safe>;

export function safe(clinic: string, now: () => number) {
  const { put, look, drop, clear } = shelf(`securemsg:${clinic}`);
  const tab = remember(clinic);
  const here = new Map<string, Item>(); // what the browser would not keep, or does not keep yet

  const isFromHere = ({ at }: Item) => tab.get("wrote") === `${at}`;
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
    /** True when all that waits will outlive this window, also what another one has put here. */
    durable: () => here.size === 0,

    /** False where somebody else may have written it: an opening has no session yet, and is hers in its own tab alone. */
    isHers: (item: Item) => !!item.conversation || isFromHere(item),

    /** Whoever is at this tab wrote it. */
    adopt: ({ at }: Item) => tab.set("wrote", `${at}`),

    async put(item: Item) {
      this.adopt(item);
      here.set(item.key, item);
      await write(item).then(() => here.delete(item.key), () => {});
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

    async drop(item: Item) {
      if (isFromHere(item)) tab.drop("wrote");
      here.delete(item.key);
      await hashed(item.key).then(drop).catch(() => {});
    },

    /** All of it, and every draft's key: whatever else lies about can never be read again. */
    async forget() {
      tab.drop("wrote");
      here.clear();
      await clear().catch(() => {});
    },
  };
}
