// The one message that waits to be sent: kept before it leaves, sent until the service has it, sent once.
import { pauseAfter } from "./pauses.ts";
import type { Memory } from "./storage.ts";
import type { Answer } from "./types.ts";

/** `key` was made when the visitor pressed send, `at`; key and body stay the same in every try, also after a reload. */
export type Item = { key: string; at: number; opening: boolean; body: string };

const mostMs = 23 * 3_600_000; // the service knows a key for 24 hours; later the same message would be there twice

export type Fate =
  | { type: "sending" | "waiting"; problem?: string }
  | { type: "accepted"; answer: Answer["body"] }
  | { type: "failed"; problem: string; errors: Record<string, string>; status: number };

export type World = {
  memory: Memory;
  post(item: Item): Promise<Answer>;
  tell(fate: Fate): void;
  later(ms: number, act: () => void): () => void;
  random(): number;
  now(): number;
};

export function outbox({ memory, post, tell, later, random, now }: World) {
  let busy = false;
  let tries = 0;
  let cancel = () => {};
  const waiting = (): Item | null => memory.get("outbox");

  /** One at a time, so the order is the visitor's. */
  async function run() {
    const item = waiting();
    if (!item || busy) return;
    cancel();
    if (now() - item.at > mostMs) return finish({ type: "failed", problem: "late", errors: {}, status: 0 });
    busy = true;
    tell({ type: "sending" });
    const answer = await post(item);
    busy = false;
    // Ended meanwhile: whatever came back is nobody's business any more.
    if (waiting()?.key === item.key) settle(answer);
  }

  function settle({ status, body, retryAfter }: Answer) {
    if (status >= 200 && status < 300) return finish({ type: "accepted", answer: body });
    if (!again(status)) return finish({ type: "failed", problem: body?.detail ?? "", errors: byField(body?.errors), status });
    cancel = later(pauseAfter(tries++, random(), retryAfter), run);
    tell({ type: "waiting", problem: (status === 429 && body?.detail) || "" });
  }

  function finish(fate: Fate) {
    memory.drop("outbox");
    tries = 0;
    tell(fate);
  }

  return {
    waiting,

    /** Keeps the message first and sends it then, so that a crash in between loses nothing. */
    add(item: Item) {
      memory.set("outbox", item);
      run();
    },

    /** Tries now: on start, when the network is back, when the visitor asks. */
    wake() {
      tries = 0;
      run();
    },

    clear() {
      cancel();
      memory.drop("outbox");
    },
  };
}

/** No answer, trouble at the service, too many, or this very message in flight: the same again, later. */
function again(status: number): boolean {
  return status === 0 || status >= 500 || [408, 409, 425, 429].includes(status);
}

/** The service names fields as in the body, with a list of sentences each; the screen has one line for each field. */
function byField(errors: Record<string, unknown> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(errors).map(([name, why]) => [name.replace(/^data\b.*/, "text").replace(/\..*/, ""), [why].flat(2).join(" ")]));
}
