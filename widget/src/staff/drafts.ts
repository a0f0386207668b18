// Keep a begun text: in this tab at once, on the server soon after; and bring it back wherever the person opens the conversation.
import { say } from "./words.ts";

type Kept = { text: string; key: string; version: string; unsaved: boolean };

const drafts = "draft:"; // what the names of all drafts begin with
const pace = 2_500; // milliseconds between two saves while somebody goes on typing; colleagues see "is replying" for ten seconds
const elsewhere = say("You wrote on in another window. This text is kept in this tab alone.");
const { clinic, me } = typeof document === "undefined" ? {} as DOMStringMap : document.body.dataset;

/** The name under which one form's draft is kept. */
export function draftName(clinic: string, me: string, conversation: string, form: string): string {
  return [drafts + clinic, me, conversation, form].join("/");
}

/** The names in `names` that belong to somebody else who used this tab before. */
export function foreign(names: string[], clinic: string, me: string): string[] {
  return names.filter((name) => name.startsWith(drafts) && !name.startsWith(`${drafts}${clinic}/${me}/`));
}

/** Brings back what was typed, keeps what is being typed, and forgets it all when the person signs out. */
export function startDrafts(): void {
  const kept = names().some((name) => name.startsWith(`${drafts}${clinic}/`));
  document.querySelector("[data-kept]")?.toggleAttribute("hidden", !kept);
  if (!me || !clinic) return;
  foreign(names(), clinic, me).forEach(forget);
  restoreDrafts();
  addEventListener("input", ({ target }) => {
    if (target instanceof HTMLTextAreaElement && target.form?.dataset.draft) typed(target.form, target);
  });
  addEventListener("pagehide", leaveDrafts);
  document.querySelector("[data-sign-out]")?.addEventListener("submit", () => names().filter((name) => name.startsWith(drafts)).forEach(forget));
}

/** Brings back the texts of the conversation that has just come onto the screen. */
export function restoreDrafts(): void {
  for (const form of formsOf(document)) restore(form);
}

/** Forgets the draft of a form whose text has arrived; `page`, the answer, says which draft the server keeps now. */
export function dropDraft(form: HTMLFormElement, page?: Document): void {
  forget(nameOf(form));
  tell(form, "");
  takeVersion(page);
}

/** What the server keeps from now on is the draft on this page. */
export function takeVersion(page?: Document): void {
  const [mine, theirs] = [document, page].map((here) => here?.querySelector<HTMLInputElement>("#reply input[name=version]"));
  if (mine && theirs) mine.value = theirs.value;
}

/** Another conversation comes: what was typed here is saved without waiting. */
export function leaveDrafts(): void {
  if (timer !== undefined) save();
}

let timer: number | undefined;
let last = -Infinity; // when the last save began
let saving = false;

function typed(form: HTMLFormElement, area: HTMLTextAreaElement): void {
  tell(form, "");
  keepHere(form, area, true);
  timer ??= setTimeout(save, Math.max(0, last + pace - performance.now()));
}

function keepHere(form: HTMLFormElement, area: HTMLTextAreaElement, unsaved: boolean): void {
  // The key goes with the text: if an answer was lost on its way, sending again after a reload cannot double the message.
  if (!area.value.trim() && !unsaved) return forget(nameOf(form));
  keep(nameOf(form), { text: area.value, key: field(form, "key").value, version: versionOf()?.value ?? "0", unsaved });
}

/** Both texts go together, from the forms that are on the screen now, whatever is there when the answer comes. */
function save(): void {
  clearTimeout(timer);
  timer = undefined;
  const reply = document.querySelector<HTMLFormElement>("form#reply");
  const version = versionOf();
  if (!reply?.dataset.save || !version || reply.ariaBusy === "true") return;
  if (saving) { timer = setTimeout(save, pace); return; }
  saving = true;
  last = performance.now();
  const forms = formsOf(document);
  const body = new URLSearchParams({ me: field(reply, "me").value, conversation: field(reply, "conversation").value, version: version.value });
  for (const form of forms) body.set(form.id === "note" ? "note" : "text", form.querySelector("textarea")!.value);
  void post(reply.dataset.save, body).then((saved) => {
    saving = false;
    if (typeof saved === "number") { version.value = String(saved); forms.forEach((form) => settled(form, body)); }
    tell(reply, typeof saved === "number" ? (body.get("text") ? say("Draft saved.") : "") : saved);
  });
}

/** What has not changed since is as safe as it can be. */
function settled(form: HTMLFormElement, body: URLSearchParams): void {
  const area = form.querySelector("textarea")!;
  if (area.value === body.get(form.id === "note" ? "note" : "text") && recall(nameOf(form))) keepHere(form, area, false);
}

/** The draft's new version; or what to say when it was not saved: nothing where it can be tried again. */
async function post(url: string, body: URLSearchParams): Promise<number | string> {
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" }, keepalive: String(body).length < 60_000 });
    if (answer.ok) return (await answer.json()).version as number;
    return answer.status === 409 ? elsewhere : "";
  } catch {
    return "";
  }
}

function tell(form: HTMLFormElement, sentence: string): void {
  const place = form.querySelector("[data-saved]");
  if (place) place.textContent = form.ariaBusy === "true" ? "" : sentence;
}

function restore(form: HTMLFormElement): void {
  const area = form.querySelector("textarea");
  const kept = recall(nameOf(form));
  if (area?.value) form.closest("details")?.setAttribute("open", "");
  if (!area || !kept || area.value === kept.text || area.matches("[aria-invalid]")) return;
  // A newer draft from another computer counts, unless something here never arrived there.
  if (!kept.unsaved && kept.version !== versionOf()?.value) return forget(nameOf(form));
  area.value = kept.text;
  field(form, "key").value = kept.key;
  form.closest("details")?.setAttribute("open", "");
}

const formsOf = (page: Document) => [...page.querySelectorAll<HTMLFormElement>("form[data-draft]")];
const versionOf = () => document.querySelector<HTMLInputElement>("#reply input[name=version]");
const field = (form: HTMLFormElement, name: string) => form.querySelector<HTMLInputElement>(`input[name=${name}]`)!;
const nameOf = (form: HTMLFormElement) => draftName(clinic ?? "", me ?? "", field(form, "conversation").value, form.dataset.draft ?? "");

// A browser may refuse storage altogether: drafts are then lost with the page, and nothing else is.
function quietly<T>(act: () => T): T | undefined {
  try { return act(); } catch { return undefined; }
}
const names = () => quietly(() => Object.keys(sessionStorage)) ?? [];
const forget = (name: string) => { quietly(() => sessionStorage.removeItem(name)); };
const keep = (name: string, draft: Kept) => { quietly(() => sessionStorage.setItem(name, JSON.stringify(draft))); };
const recall = (name: string): Kept | null | undefined => quietly(() => JSON.parse(sessionStorage.getItem(name) ?? "null"));
