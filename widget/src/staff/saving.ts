// Begun texts on the server: soon after they are typed, and again until they are there, whatever is on the screen by then.
import { pauseAfter } from "../frame/pauses.ts";
import { say } from "./words.ts";

const pace = 2_500; // milliseconds between two saves while somebody goes on typing; colleagues see "is replying" for ten seconds
const patience = 20_000; // milliseconds until an answer counts as lost
const saved = say("Draft saved.");
const elsewhere = say("You wrote on in another window. This text is kept in this tab alone.");
const failed = say("Not saved yet: the service did not answer. This text is kept in this tab, and saving is tried again.");

/** `typed` makes a form's text one to save, `sent` no longer; `now` waits for no pause, and settles when the save has ended. */
export type Saver = { typed(form: HTMLFormElement): void; sent(form: HTMLFormElement): void; now(): Promise<void> };
let under: Promise<void> | undefined; // one save at a time: the next one needs the version that it brings

/** Saves the forms within `pane`, also when another pane has taken its place. `settled` hears which text is safe. */
export function saver(pane: Element, settled: (form: HTMLFormElement, area: HTMLTextAreaElement) => void): Saver {
  const unsaved = new Set<HTMLFormElement>();
  let timer: number | undefined;
  let last = -Infinity; // when the last save began
  let failures = 0;

  function soon(wait: number): void {
    timer ??= setTimeout(() => void now(), wait);
  }

  async function now(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const reply = pane.querySelector<HTMLFormElement>("form#reply");
    if (!unsaved.size || !reply?.dataset.save) return;
    if (!under && reply.ariaBusy !== "true") return (under = save(reply).finally(() => (under = undefined)));
    soon(pace);
    return under;
  }

  /** Both texts go together, since they are one draft. */
  async function save(reply: HTMLFormElement): Promise<void> {
    last = performance.now();
    const body = new URLSearchParams(["me", "conversation", "version"].map((name) => [name, field(reply, name).value]));
    for (const form of formsOf(pane)) body.set(textOf(form), areaOf(form).value);
    const answer = await post(reply.dataset.save!, body);
    if (answer.version !== undefined) arrived(reply, body, answer.version);
    else if (answer.status !== 409) { tell(reply, failed); soon(pauseAfter(++failures, Math.random())); }
    else if (isStill(body)) tell(reply, elsewhere);
    else soon(pace); // what was refused is gone from the box: it was sent, or is another text now
  }

  function arrived(reply: HTMLFormElement, body: URLSearchParams, version: number): void {
    failures = 0;
    [pane, document].forEach((place) => setVersion(place, version, body.get("conversation")!));
    for (const form of unsaved) if (areaOf(form).value === body.get(textOf(form))) { unsaved.delete(form); settled(form, areaOf(form)); }
    tell(reply, body.get("text") ? saved : "");
    if (unsaved.size) soon(pace);
  }

  const isStill = (body: URLSearchParams) => [...unsaved].some((form) => areaOf(form).value.startsWith(body.get(textOf(form)) ?? ""));
  const typed = (form: HTMLFormElement) => { unsaved.add(form); soon(Math.max(0, last + pace - performance.now())); };
  return { typed, sent: (form) => void unsaved.delete(form), now };
}

/** The forms of a conversation take a version of its draft; never an older one, which an answer that is late may bring. */
export function setVersion(place: ParentNode, version: number, conversation: string): void {
  for (const form of formsOf(place)) {
    if (field(form, "conversation").value === conversation && Number(versionOf(form)) < version) field(form, "version").value = String(version);
  }
}

/** What the form says of its text: whether it is saved. */
export function tell(form: HTMLFormElement, sentence: string): void {
  const place = form.querySelector("[data-saved]");
  if (place) place.textContent = form.ariaBusy === "true" ? "" : sentence;
}

type Answer = { status?: number; version?: number };

async function post(url: string, body: URLSearchParams): Promise<Answer> {
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" },
      keepalive: String(body).length < 60_000, signal: AbortSignal.timeout(patience) });
    return { status: answer.status, version: answer.ok ? (await answer.json()).version : undefined };
  } catch {
    return {};
  }
}

export const formsOf = (place: ParentNode) => [...place.querySelectorAll<HTMLFormElement>("form[data-draft]")];
export const field = (form: HTMLFormElement, name: string) => form.querySelector<HTMLInputElement>(`input[name=${name}]`)!;
export const areaOf = (form: HTMLFormElement) => form.querySelector("textarea")!;
export const versionOf = (form: HTMLFormElement) => field(form, "version").value;
const textOf = (form: HTMLFormElement) => (form.dataset.draft === "note" ? "note" : "text");
