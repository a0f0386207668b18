// Send forms without leaving the page, each once, and never lose what was typed.
import { dropDraft } from "./drafts.ts";
import { type Answer, exchange, load, onScreen } from "./live.ts";
import { announce } from "./notices.ts";
import { field } from "./saving.ts";
import { giveBack, waitingWords } from "./undo.ts";
import { say } from "./words.ts";

const unknown = say("It is not known whether this was sent: the service did not answer. Your text is kept. If you send it again as it is, it arrives once.");
const takenBack = say("Taken back; nothing was sent. The text is kept in the conversation that you left.");
const offline = say("Not sent: you are offline. Your text is kept; send it again when you are back.");

/** Watches all forms: none is sent twice, those marked data-send go by script, Ctrl+Enter sends the one that has the focus. */
export function startSending(): void {
  addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const busy = form.ariaBusy === "true";
    if (busy || "send" in form.dataset) event.preventDefault();
    if (busy) return;
    form.ariaBusy = "true";
    if ("send" in form.dataset) send(form);
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[aria-busy]").forEach((form) => (form.ariaBusy = null)));
  addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    if (event.target instanceof HTMLTextAreaElement) { event.preventDefault(); event.target.form?.requestSubmit(); }
  });
}

function send(form: HTMLFormElement): void {
  form.querySelector("[data-failure]")?.remove();
  noteWhatIsSeen(form);
  const body = new URLSearchParams();
  new FormData(form).forEach((value, name) => body.append(name, String(value)));
  if (!navigator.onLine) return keep(form, offline);
  hold(form, true);
  const words = waitingWords(); // before the page hears of what this does, which may be sooner than the answer comes
  load("POST", form.action, body, (answer) => { hold(form, false); take(form, answer, words); });
}

/** The server warns when somebody answers without having seen the newest message; the page may have grown since it was made. */
function noteWhatIsSeen(form: HTMLFormElement): void {
  const seen = form.querySelector<HTMLInputElement>("input[name=seen]");
  const shown = form.closest("#main")?.querySelector<HTMLElement>("[data-last-seq]")?.dataset.lastSeq;
  if (seen && shown) seen.value = shown;
}

/** While a text is on its way nobody can change it. */
function hold(form: HTMLFormElement, held: boolean): void {
  form.querySelectorAll("textarea").forEach((area) => (area.readOnly = held));
}

function take(form: HTMLFormElement, answer: Answer | undefined, words: string): void {
  if (!form.isConnected) return afterwards(form, answer, words);
  if (!answer || answer.status >= 500 || answer.status === 429) return keep(form, said(answer) ?? unknown);
  if (answer.status < 400 && answer.url.pathname !== onScreen().pathname) return leave(form, answer.url);
  if (answer.page.querySelector("[data-step-up]")) return form.submit(); // the page that asks has a form of its own, with all of this
  if (!answer.page.querySelector("[data-live]")) return keep(form, said(answer) ?? unknown);
  form.ariaBusy = null;
  if (answer.status < 400) accepted(form, answer.page, words);
  else refused(form, answer.page);
}

/** The answer came when the form was gone: with another conversation on the screen it is said, and changes nothing there. */
function afterwards(form: HTMLFormElement, answer: Answer | undefined, words: string): void {
  if (!answer || answer.status >= 400) return announce(say("Not sent: go back to the conversation that you left. Your text is kept there."));
  if (form.dataset.draft) dropDraft(form);
  if (form.id === "act-undo" && field(form, "conversation").value === document.body.dataset.conversation) return accepted(form, answer.page, words);
  announce(form.id === "act-undo" ? takenBack : form.dataset.done ?? say("Done."));
}

function accepted(form: HTMLFormElement, page: Document, words: string): void {
  const area = form.querySelector("textarea");
  if ("tool" in form.dataset) form.reset(); // what it asked is answered: the next time it asks anew
  else if (area) {
    area.value = page.querySelector<HTMLTextAreaElement>(`#${area.id}`)?.value ?? ""; // a draft of another window is there still
    dropDraft(form, page);
  }
  const closing = form.closest("details");
  if (closing) closing.open = false;
  exchange(page, false, form);
  if (form.id === "act-undo") giveBack(words, page);
  announce(form.dataset.done ?? say("Done."));
  document.getElementById("newest")?.scrollIntoView({ block: "nearest" });
  if (!document.activeElement || document.activeElement === document.body) (document.getElementById("f-reply") ?? document.getElementById("main"))?.focus({ preventScroll: true });
}

function refused(form: HTMLFormElement, page: Document): void {
  exchange(page, false, form);
  announce(form.querySelector(".wrong")?.textContent ?? document.querySelector(".head .alert")?.textContent ?? say("That was refused."));
  form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
}

/** Another page answered. The sign-in says that nothing was done: the draft stays, and the reload asks to come back here. */
function leave(form: HTMLFormElement, url: URL): void {
  if (url.pathname.endsWith("/sign-in")) return location.reload();
  dropDraft(form);
  location.assign(url);
}

/** The sentence of a problem page. */
function said(answer?: Answer): string | undefined {
  return answer?.page.querySelector("[data-problem]")?.textContent || undefined;
}

/** Nothing came of it: the text and the key stay, so that sending again cannot double it. */
function keep(form: HTMLFormElement, sentence: string): void {
  form.ariaBusy = null;
  const failure = document.createElement("p");
  failure.className = "wrong";
  failure.role = "alert";
  failure.dataset.failure = "";
  failure.textContent = sentence;
  form.querySelector("button:not([formaction], [type=button])")?.before(failure); // the one that sends
}
