// What is kept on this device, and which window has it in hand: fetched with the part that sends.
import { claim, claimed, hold } from "./claim.ts";
import { drafts } from "./drafts.ts";
import { safe } from "./safe.ts";
import type { Item } from "./types.ts";

export type Keep = ReturnType<typeof keep>;

export function keep(clinic: string, now = Date.now) {
  const turn = `securemsg:${clinic}`;
  const nameOf = ({ key }: Item) => `${turn}:${key}`;
  const kept = safe(clinic, now);

  return {
    safe: kept,
    drafts: drafts(clinic, now),

    /** One window sends at a time. */
    turn: (act: () => Promise<void>) => claim(turn, act),

    /** This window has it in hand, until the returned function is called or the window is closed. */
    hold: (item: Item) => hold(nameOf(item)),

    /** What waits and no window has in hand: what was left behind. */
    async orphans(): Promise<Item[]> {
      const [items, names] = [await kept.all(), await claimed()];
      return items.filter((item) => !names.includes(nameOf(item)));
    },
  };
}
