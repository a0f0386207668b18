// Follows the conversation live: a stream over fetch, polling where streams are blocked, no gap and no repeat.
import { pauseAfter } from "./pauses.ts";

const firstByteMs = 4000; // a proxy that holds the stream back: poll instead
const silenceMs = 40_000; // the service beats every 15 s
const pollMs = 4000;
const pollHiddenMs = 20_000;

/** One event of the stream. Its id is left out: what was fetched says where to go on. */
export type Signal = { event: string; data: string };

/** Reads an event stream piece by piece (WHATWG HTML, 9.2.6); comments and unfinished events stay unheard. */
export function parser(emit: (signal: Signal) => void) {
  let rest = "";
  let event = "";
  let data = "";

  function line(text: string) {
    const [, field, value] = /^(\w*):? ?(.*)/.exec(text)!;
    if (field === "event") event = value!;
    if (field === "data") data += (data && "\n") + value;
    if (text) return;
    if (data) emit({ event: event || "message", data });
    event = data = "";
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
  /** Runs `act` in one window of the browser at a time; `tell` lets the others know what that one hears. */
  lead(act: () => Promise<void>): Promise<void>;
  tell(signal: Signal): void;
  hidden(): boolean;
  later(ms: number, act: () => void): () => void;
  random(): number;
};

const news: Signal = { event: "message", data: "" };
const beat: Signal = { event: "beat", data: "" };
const opened: Signal = { event: "opened", data: "" }; // perhaps: a stream would say it

/** Runs until stopped. Every connection, and every word of news, leads to a `sync`: ids travel, content is fetched. */
export function follow({ connect, sync, heard, lead, tell, hidden, later, random }: World) {
  let stopped = false;
  let live = false;
  let upToDate = true;
  let tries = 0;
  let cut = () => {};
  let hurry = () => {};
  let cancelPoll = () => {};

  let forgetLeader: (() => void) | undefined; // there while another window holds a stream that is alive

  const refresh = async () => { upToDate = await sync(); };

  function hear(signal: Signal) {
    if (signal.event === "message") refresh();
    else if (signal.event !== "beat") heard(signal);
  }

  /** Heard here, and told to the other windows. */
  function pass(signal: Signal) {
    tell(signal);
    hear(signal);
  }

  async function read() {
    const abort = new AbortController();
    let watch = later(firstByteMs, () => abort.abort());
    cut = () => abort.abort();
    try {
      const answer = await connect(abort.signal);
      if (!answer.ok) return;
      const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
      const parse = parser(pass);
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        watch();
        watch = later(silenceMs, cut);
        pass(live ? beat : news);
        live = true;
        tries = 0;
        parse(value);
      }
    } catch {
      // Cut, by the network or by us: what matters is that it is over.
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
    const blocked = !(live || forgetLeader);
    if (blocked || !upToDate) refresh();
    if (blocked) heard(opened);
    cancelPoll = later(hidden() ? pollHiddenMs : pollMs, poll);
  }

  lead(run);
  cancelPoll = later(pollMs, poll);

  return {
    /** Another window has heard this; as long as it hears anything this one need not ask. */
    overhear(signal: Signal) {
      forgetLeader?.();
      forgetLeader = later(silenceMs, () => { forgetLeader = undefined; });
      hear(signal);
    },

    /** The network is back: what was open before is not to be trusted. */
    wake() {
      tries = 0;
      cut();
      hurry();
      refresh();
    },
    stop() {
      stopped = true;
      cut();
      hurry();
      cancelPoll();
    },
  };
}
