// How a message goes to the service: which call, with which session, and with a proof of work where one is asked for.
import type { Api } from "./api.ts";
import type { Memory } from "./storage.ts";
import type { Answer, Card, Item } from "./types.ts";

/** What the service asks for: a number that makes SHA-256 of `<challenge>.<number>` begin with so many zero bits. */
export type Challenge = { algorithm: "SHA-256"; challenge: string; bits: number; expires_at: string };

const mostProofs = 2; // then the challenge has expired twice: this device is too slow, or somebody is in between
const mostMs = 60_000; // of solving, in all

export type World = {
  card: Pick<Card, "clinic" | "session">;
  api: Pick<Api, "call" | "conversation">;
  memory: Memory;
  /** Solves it, or gives up and is null. */
  prove(challenge: Challenge, stop: AbortSignal): Promise<string | null>;
  /** Solving has begun; it takes a while. */
  busy(): void;
  /** What is said when it did not work out. */
  excuse(): string;
  later(ms: number, act: () => void): () => void;
};

export function posting({ card, api, memory, prove, busy, excuse, later }: World) {
  async function post(path: string, { key, body }: Item, stop: AbortSignal, more: Record<string, string>): Promise<Answer> {
    const call = (proof = {}) => api.call("POST", path, body, { "Idempotency-Key": key, ...more, ...proof });
    const answer = await call();
    return asks(answer) && !stop.aborted ? proven(answer, stop, call) : answer;
  }

  /** By hand, since AbortSignal.any is too new for many browsers: solving ends when she discards it, and after a minute. */
  async function proven(answer: Answer, stop: AbortSignal, call: (proof: object) => Promise<Answer>): Promise<Answer> {
    const within = new AbortController();
    const end = () => within.abort();
    const cancel = later(mostMs, end);
    stop.addEventListener("abort", end);
    for (let proofs = 0; asks(answer) && !stop.aborted; proofs++) {
      busy();
      const proof = proofs < mostProofs ? await prove(answer.body.proof, within.signal).catch(() => null) : null;
      answer = proof ? await call({ "Securemsg-Proof": proof }) : gaveUp();
    }
    cancel();
    return answer;
  }

  /** Not sent, and not tried again by itself. */
  const gaveUp = (): Answer => ({ status: 403, body: { detail: excuse() }, retryAfter: 0 });

  /** Asks for a cookie, looks whether the browser kept it, and where it did not, asks again for a token. */
  async function open(item: Item, stop: AbortSignal): Promise<Answer> {
    const path = `/v1/clinics/${card.clinic}/conversations`;
    const answer = await post(path, item, stop, { "Securemsg-Session": card.session });
    if (answer.status !== 201) return answer;
    const probe = await api.conversation(answer.body.conversation.id);
    if (probe.status === 200) return answer;
    if (probe.status !== 401) return { ...probe, status: 0 }; // not known yet: the whole step again, later
    const second = await post(path, item, stop, { "Securemsg-Session": "bearer" });
    if (second.body?.token) memory.set("token", second.body.token);
    return second;
  }

  /** The conversation is named, so that a session that became another one meanwhile does not get what was not meant for it. */
  return (item: Item, stop: AbortSignal) => {
    if (!item.conversation) return open(item, stop);
    return post("/v1/conversation/messages", item, stop, { "Securemsg-Conversation": item.conversation });
  };
}

function asks({ status, body }: Answer) {
  return status === 429 && /proof-needed$/.test(body?.type) && body.proof;
}
