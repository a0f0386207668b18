// Follows the conversation live: a stream over fetch, polling where streams are blocked, no gap and no repeat.
import { pauseAfter } from "./pauses.ts";

const firstByteMs = 4000; // a proxy that holds the stream back: poll instead
const silenceMs = 40_000; // the service beats every 15 s
const pollMs = 4000;
const pollHiddenMs = 20_000;

/** One event of the stream. */
export type Signal = { event: string; id: string; data: string };

/** Reads an event stream piece by piece (WHATWG HTML, 9.2.6); comments and unfinished events are kept to itself. */
export function parser(emit: (signal: Signal) => void) {
  let rest = "";
  let signal = { event: "", id: "", data: "" };

  function line(text: string) {
    if (!text) {
      if (signal.data || signal.event) emit({ ...signal, event: signal.event || "message" });
      signal = { event: "", id: "", data: "" };
      return;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(text)!;
    if (field === "data") signal.data += (signal.data && "\n") + value;
    else if (field === "event" || field === "id") signal[field] = value!;
  }

  return (text: string) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    lines.forEach(line);
  };
}

export type World = {
  connect(signal: AbortSignal): Promise<Response>;
  /** Fetches what is new; false when that did not work. */
  sync(): Promise<boolean>;
  heard(signal: Signal): void;
  hidden(): boolean;
  later(ms: number, act: () => void): () => void;
  random(): number;
};

/** Runs until stopped. Every connection, and every word of news, leads to a `sync`: ids travel, content is fetched. */
export function follow({ connect, sync, heard, hidden, later, random }: World) {
  let stopped = false;
  let live = false;
  let tries = 0;
  let cut = () => {};
  let hurry = () => {};
  let cancelPoll = () => {};

  async function read() {
    const abort = new AbortController();
    let watch = later(firstByteMs, () => abort.abort());
    cut = () => abort.abort();
    try {
      const answer = await connect(abort.signal);
      if (!answer.ok) return answer.status;
      const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
      const parse = parser((signal) => (signal.event === "message" ? sync() : heard(signal)));
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return 200;
        watch();
        watch = later(silenceMs, cut);
        if (!live) sync();
        live = true;
        tries = 0;
        parse(value);
      }
    } catch {
      return 0;
    } finally {
      watch();
      live = false;
    }
  }

  async function run() {
    while (!stopped) {
      await read();
      if (!stopped) await new Promise<void>((go) => { hurry = go; later(pauseAfter(tries++, random()), go); });
    }
  }

  function poll() {
    if (stopped) return;
    if (!live) sync();
    cancelPoll = later(hidden() ? pollHiddenMs : pollMs, poll);
  }

  run();
  cancelPoll = later(pollMs, poll);

  return {
    /** The network is back: what was open before is not to be trusted. */
    wake() {
      tries = 0;
      cut();
      hurry();
      sync();
    },
    stop() {
      stopped = true;
      cut();
      hurry();
      cancelPoll();
    },
  };
}
