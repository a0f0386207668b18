// The service's calls. None throws: an answer with status 0 means that none came.
import type { Memory } from "./storage.ts";
import type { Answer, Card } from "./types.ts";

const patienceMs = 15_000; // a lift, a tunnel: after this the same call is made again with the same key

export type Api = ReturnType<typeof connect>;

export type World = {
  /** The conversation that stands on the screen. */
  shown(): string | undefined;
  /** Its session is over, or it is, or this browser's cookie is another's by now; `why` where the service says it. */
  over(why: string): void;
};

export function connect({ clinic, locale }: Pick<Card, "clinic" | "locale">, memory: Memory, { shown, over }: World, fetch = globalThis.fetch.bind(globalThis)) {
  /**
   * The token where there is one, else the clinic's name, which says which cookie is meant; the language for sentences; and
   * the conversation on the screen, so that the service refuses when the session has become another one's.
   */
  function headers(more: Record<string, string>): Record<string, string> {
    const token = memory.get("token");
    return { "Securemsg-Clinic": clinic, "Accept-Language": locale, ...(token && { Authorization: `Bearer ${token}` }), ...naming(shown()), ...more };
  }

  async function call(method: string, path: string, body?: unknown, more = {}): Promise<Answer> {
    const cut = new AbortController();
    const timer = setTimeout(() => cut.abort(), patienceMs);
    const kind: Record<string, string> = body ? { "Content-Type": "application/json" } : {};
    const asked = shown();
    try {
      const answer = await fetch(path, { method, headers: headers({ ...kind, ...more }), body: body as string, signal: cut.signal, keepalive: !!body });
      const said = await answer.json().catch(() => null);
      const whole = said || answer.status > 201; // a 200 or 201 that was cut off is no answer
      const why = /(elsewhere|over)$/.test(said?.type) ? said.detail : "";
      if ((why || answer.status === 401) && asked && asked === shown()) over(why);
      return { status: whole ? answer.status : 0, body: said, retryAfter: Number(answer.headers.get("Retry-After")) || 0 };
    } catch {
      return { status: 0, body: null, retryAfter: 0 };
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    call,
    post: (path: string, body: string, more = {}) => call("POST", path, body, { "Idempotency-Key": newKey(), ...more }),
    conversation: (id?: string) => call("GET", "/v1/conversation", undefined, naming(id)),

    /** The raw answer: a stream's body is read piece by piece. */
    stream: (path: string, lastSeq: number, signal: AbortSignal) =>
      fetch(path, { headers: headers({ Accept: "text/event-stream", "Last-Event-ID": `${lastSeq}` }), signal }),
  };
}

const naming = (id?: string): Record<string, string> => (id ? { "Securemsg-Conversation": id } : {});

/** 144 random bits; not randomUUID, which a frame on an http page does not have. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}
