// Sends what waits: kept before it leaves, tried until the service has it, by one window at a time, once.
import type { Keep } from "./keep.ts";
import { pauseAfter } from "./pauses.ts";
import type { Answer, Item } from "./types.ts";

const mostMs = 23 * 3_600_000; // the service knows a key for 24 hours; later the same message would be there twice
const soonMs = 400; // until she is told that another window sends first

export type Fate =
  | { type: "found"; item: Item }
  | { type: "sending" | "waiting"; problem?: string }
  | { type: "accepted"; answer: Answer["body"] }
  /** Another window has sent it, or the conversation was ended there. */
  | { type: "gone" }
  | { type: "failed"; problem: string; errors: Record<string, string>; status: number };

export type World = {
  keep: Pick<Keep, "safe" | "turn" | "hold" | "orphans">;
  post(item: Item, stop: AbortSignal): Promise<Answer>;
  tell(fate: Fate): void;
  /** Whether a message that lies here belongs to this window's conversation, and there is room to show it. */
  fits(item: Item): boolean;
  later(ms: number, act: () => void): () => void;
  random(): number;
  now(): number;
};

export function outbox({ keep, post, tell, fits, later, random, now }: World) {
  const { safe } = keep;
  let item: Item | null = null;
  let letGo = () => {};
  let putting: Promise<void> | undefined;
  let queued = false;
  let tries = 0;
  /** Ends the pause between two tries; false when there is none. */
  let hurry = () => false;
  let stop = new AbortController();

  /** Waits for the turn, then sends what this window has, and what others have left behind. */
  async function turn() {
    if (queued) return;
    queued = true;
    const patience = later(soonMs, () => { if (item) tell({ type: "waiting" }); });
    try {
      await keep.turn(async () => {
        patience();
        for (let next; (next = item ?? (await found())); ) await deliver(next);
      });
    } finally {
      queued = false; // whatever went wrong, the next waking tries again
    }
    if (item) turn(); // pressed in the very moment in which the turn ended
  }

  async function found(): Promise<Item | null> {
    const next = (await keep.orphans()).find(fits);
    if (item || !next) return item; // pressed meanwhile: what was left behind has its turn after that
    take(next);
    tell({ type: "found", item: next });
    return next;
  }

  function take(mine: Item) {
    letGo = keep.hold(mine);
    item = mine;
  }

  async function deliver(mine: Item) {
    tries = 0;
    stop = new AbortController();
    while (item === mine) {
      if (now() - mine.at > mostMs) await finish({ type: "failed", problem: "late", errors: {}, status: 0 });
      else if (await putting, !(await safe.has(mine))) await finish({ type: "gone" });
      else await settle(mine, await posted(mine));
    }
  }

  /** What broke on this side is tried again like what broke on the way. */
  async function posted(mine: Item): Promise<Answer> {
    try {
      return await post(mine, stop.signal);
    } catch {
      return { status: 0, body: null, retryAfter: 0 };
    }
  }

  async function settle(mine: Item, { status, body, retryAfter }: Answer) {
    if (item !== mine) return; // ended meanwhile: whatever came back is nobody's business any more
    if (status >= 200 && status < 300) return finish({ type: "accepted", answer: body });
    if (!again(status)) return finish({ type: "failed", problem: body?.detail ?? "", errors: byField(body?.errors), status });
    tell({ type: "waiting", problem: (status === 429 && body?.detail) || "" });
    await new Promise<void>((go) => {
      const cancel = later(pauseAfter(tries++, random(), retryAfter), go);
      hurry = () => (cancel(), go(), true);
    });
    hurry = () => false;
  }

  async function finish(fate: Fate) {
    const [done, over] = [item!, letGo];
    item = null;
    if (fate.type === "failed") tell(fate); // first: its text is kept again as what is typed and not sent
    await safe.drop(done);
    over();
    if (fate.type !== "failed") tell(fate);
  }

  return {
    waiting: () => item,

    /** Keeps the message first and sends it then, so that a crash in between loses nothing; returns when it is kept. */
    async add(mine: Item) {
      take(mine);
      await (putting = safe.put(mine));
      turn();
    },

    /** Tries now: on start, when the network is back, when the visitor asks. */
    wake() {
      tries = 0;
      if (hurry()) tell({ type: "sending" });
      return turn();
    },

    /** Nothing is sent any more, and nothing of it stays. */
    async drop() {
      const [mine, over] = [item, letGo];
      item = null;
      stop.abort();
      hurry();
      await putting;
      if (mine) await safe.drop(mine), over();
    },
  };
}

/** No answer, trouble at the service, too many, or this very message in flight: the same again, later. */
function again(status: number): boolean {
  return status === 0 || status >= 500 || [408, 409, 425, 429].includes(status);
}

/** The service names fields as in the body, with a list of sentences each; the screen has one line for each field. */
function byField(errors: Record<string, unknown> = {}): Record<string, string> {
  const field = (name: string) => name.replace(/^data(\.text)?$/, "text").replace(/^data\./, "data-").replace(/\..*/, "");
  return Object.fromEntries(Object.entries(errors).map(([name, why]) => [field(name), [why].flat(2).join(" ")]));
}
