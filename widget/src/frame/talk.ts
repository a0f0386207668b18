// The running conversation: everything that a first message does not need yet, fetched when she starts to write.
import type { Api } from "./api.ts";
import words from "words:talk";
import { h, write } from "./h.ts";
import type { transcript } from "./log.ts";
import { emptied, stillSaid } from "./removed.ts";
import { share } from "./share.ts";
import { isClosed, isUnopened, lastAnswerSeq, promiseIn, type Event, type State } from "./state.ts";
import { follow, type Signal } from "./stream.ts";
import type { Answer, Card, Message } from "./types.ts";
import { filled, type Spoken, type Words } from "./words.ts";

export type World = {
  card: Card;
  api: Api;
  core: Words;
  spoken: Spoken;
  transcript: typeof transcript;
  /** What draws messages that are more than words. */
  pieces(): Promise<unknown>;
  state(): State;
  happen(event: Event): void;
  /** This device has no session any more. */
  ended(): void;
  /** True when nothing but this very page holds the session. */
  fleeting(): boolean;
  later(ms: number, act: () => void): () => void;
};

export type Talk = ReturnType<typeof talk>;

export function talk({ card, api, core, spoken, transcript, pieces, state, happen, ended, fleeting, later }: World) {
  Object.assign(words, spoken.talk);
  const log = transcript(card, core.sent, spoken);
  const ending = confirmEnd(core.end, end);
  const answered = h("button", { type: "button", class: "plain", click: close }, words.answered);
  const saving = h("button", { type: "button", class: "plain", click: save }, words.save);
  const trouble = h("p", { role: "alert", class: "fault" });
  const { promise } = promiseIn(card, state().conversation!.category);
  const element = h("div", {},
    h("p", { class: "reference soft" }, ...filled(words.received, { reference: h("strong", {}, state().conversation!.reference) }),
      promise && " · ", promise && h("bdi", { lang: card.langs[promise] }, promise)),
    log.note, fleeting() && h("p", { class: "notice" }, words.memory), log.element,
    h("div", { class: "foot event" }, answered, saving), trouble, ending);
  const others = share(`securemsg:${card.clinic}:${state().conversation!.id}`, (signal) => stream.overhear(signal));
  const stream = follow({
    lead: others.lead, tell: others.tell,
    connect: (signal) => api.stream("/v1/conversation/events", state().syncedSeq, signal),
    sync, heard, later, random: Math.random, hidden: () => document.hidden || !navigator.onLine,
  });
  let syncing: Promise<boolean> | undefined;
  let syncAgain = false;
  let seenSeq = 0;

  /** Fetches what came after the last message fetched; one run at a time, and once more if news came meanwhile. */
  function sync(): Promise<boolean> {
    syncAgain = true;
    return (syncing ??= fetchNew().finally(() => { syncing = undefined; }));
  }

  async function fetchNew(): Promise<boolean> {
    while (syncAgain) {
      syncAgain = false; // before asking: news may come while the answer is on its way
      const { status, body } = await api.call("GET", `/v1/conversation/messages?after=${state().syncedSeq}`);
      // An earlier copy was restored: what stands here is of another. What is typed, or held by this page alone, is not given up for it.
      if (status === 409 && !fleeting() && !state().draft.text) location.reload();
      if (status !== 200) return false;
      syncAgain ||= !!body.next;
      if (body.items.some(({ data }: Message) => data?.parts)) await pieces();
      happen({ type: "arrived", messages: body.items });
      forget(body.removed);
    }
    return true;
  }

  /** What was erased at the clinic goes here too. */
  function forget(removed?: number[]) {
    const gone = stillSaid(state().messages, removed);
    if (gone.length) happen({ type: "removed", messages: state().messages.map((each) => (gone.includes(each) ? emptied(each) : each)) });
    gone.forEach(log.empty);
  }

  function heard({ event }: Signal) {
    if (event === "end") ended();
    if (event === "removed") sync();
    if (event === "opened" && isUnopened(state())) lookWhoOpened();
  }

  /** A connection that is lost meanwhile is made again, and says it again. */
  async function lookWhoOpened() {
    const { status, body } = await api.conversation();
    if (status === 200) happen({ type: "opened", openings: body.openings });
  }

  /** Her question is answered; what she has not seen yet, the service does not close. */
  async function close() {
    const answer = await api.post("/v1/conversation/close", `{"upto_seq":${state().syncedSeq}}`);
    write(trouble, fault(answer));
    if (answer.status === 201) log.element.focus(); // the button goes
    sync();
  }

  async function save() {
    const missing = await log.save(api, state().conversation!.reference);
    write(trouble, missing ? fault(missing) : "");
  }

  /** Nothing when the service has ended the session, or no longer knows it; else why not. */
  async function end(): Promise<string> {
    const answer = await api.call("DELETE", "/v1/conversation");
    const over = answer.status === 204 || answer.status === 401;
    if (over) happen({ type: "typed", field: "text", value: "" });
    if (answer.status === 204) ended();
    return over ? "" : fault(answer);
  }

  return {
    element,
    rows: log.rows,
    sync,
    paint(state: State) {
      answered.hidden = !lastAnswerSeq(state) || isClosed(state);
      return log.paint(state);
    },
    wake: stream.wake,
    stop() {
      stream.stop();
      others.close();
    },
    askEnd: () => ending.showModal(),

    /** The staff see that an answer was read: only when it stood on the screen, in an open panel. */
    async confirmSeen() {
      const seq = lastAnswerSeq(state());
      if (seq <= seenSeq || !state().shown || document.hidden) return;
      seenSeq = seq;
      const { status } = await api.post("/v1/conversation/opened", `{"upto_seq":${seq}}`);
      if (status !== 204) seenSeq = 0; // said again when the next thing happens
    },

    /** To the full window with a ticket in a form's body, so that no secret stands in an address. */
    async handOver() {
      const { body } = await api.post("/v1/conversation/ticket", "{}");
      if (!body?.ticket) return;
      const form = h("form", { method: "post", action: card.contact_url.replace(/\?|$/, "/window$&"), target: "_blank" }, h("input", { type: "hidden", name: "ticket", value: body.ticket }));
      document.body.append(form);
      form.submit();
      form.remove();
    },
  };
}

/** What is said of an answer: nothing of a good one, else the service's own sentence; without an answer there is no connection. */
function fault({ status, body }: Answer): string {
  return status && status < 300 ? "" : body?.detail ?? words.endFailed;
}

function confirmEnd(title: string, end: () => Promise<string>) {
  const problem = h("p", { role: "alert", class: "fault" });
  const yes = async () => write(problem, await end());
  const dialog: HTMLDialogElement = h("dialog", { "aria-label": title }, h("h2", {}, title), h("p", {}, words.endSure), problem,
    h("div", { class: "foot" },
      h("button", { type: "button", class: "plain", click: () => dialog.close() }, words.endNo),
      h("button", { type: "button", class: "send", click: yes }, words.endYes)));
  return dialog;
}
