// Keep a begun text: in this tab at once, on the server soon after; and bring it back wherever the person opens the conversation.
import { draftName, drafts, foreign, forget, keep, names, recall, together } from "./kept.ts";
import { areaOf, field, formsOf, type Saver, saver, setVersion, tell, versionOf } from "./saving.ts";

const patience = 3_000; // milliseconds that signing out waits for what is being saved
const { clinic, me } = typeof document === "undefined" ? {} as DOMStringMap : document.body.dataset;
const savers = new WeakMap<Element, Saver>(); // by the pane that they save

/** Brings back what was typed, keeps what is being typed, and forgets what is safe when the person signs out. */
export function startDrafts(): void {
  const kept = names().some((name) => name.startsWith(`${drafts}${clinic}/`));
  document.querySelector("[data-kept]")?.toggleAttribute("hidden", !kept);
  if (!me || !clinic) return;
  foreign(names(), clinic, me).forEach(forget);
  restoreDrafts();
  addEventListener("input", ({ target }) => {
    if (target instanceof HTMLTextAreaElement && target.form?.dataset.draft) typed(target.form, target);
  });
  addEventListener("pagehide", () => void leaveDrafts());
  document.querySelector<HTMLFormElement>("[data-sign-out]")?.addEventListener("submit", signOut);
}

/** Brings back the texts of the conversation that has just come onto the screen. */
export function restoreDrafts(): void {
  for (const form of formsOf(document)) restore(form);
}

/** Forgets the draft of a form whose text has arrived; `page`, the answer, says which draft the server keeps now. */
export function dropDraft(form: HTMLFormElement, page?: Document): void {
  forget(nameOf(form));
  saverOf(form).sent(form);
  tell(form, "");
  takeVersion(page);
}

/** What the server keeps from now on is the draft on this page. */
export function takeVersion(page?: Document): void {
  for (const form of page ? formsOf(page) : []) setVersion(document, Number(versionOf(form)), field(form, "conversation").value);
}

/** Another conversation comes, or none: what was typed here and is not safe is saved without waiting. */
export async function leaveDrafts(): Promise<void> {
  const [form] = formsOf(document);
  if (form) await saverOf(form).now();
}

/** The tab forgets what the server has. What it could not take stays for this person alone, and the sign-in page says so. */
function signOut(event: SubmitEvent): void {
  event.preventDefault();
  const enough = new Promise((done) => setTimeout(done, patience));
  void Promise.race([leaveDrafts(), enough]).then(() => {
    names().filter((name) => name.startsWith(drafts) && !recall(name)?.unsaved).forEach(forget);
    (event.target as HTMLFormElement).submit();
  });
}

function typed(form: HTMLFormElement, area: HTMLTextAreaElement): void {
  tell(form, "");
  keepHere(form, area, true);
  saverOf(form).typed(form);
}

function keepHere(form: HTMLFormElement, area: HTMLTextAreaElement, unsaved: boolean): void {
  // The key goes with the text: if an answer was lost on its way, sending again after a reload cannot double the message.
  if (!area.value.trim() && !unsaved) return forget(nameOf(form));
  keep(nameOf(form), { text: area.value, key: field(form, "key").value, version: versionOf(form), unsaved });
}

function saverOf(form: HTMLFormElement): Saver {
  const pane = form.closest("main")!;
  const there = savers.get(pane) ?? saver(pane, settled);
  savers.set(pane, there);
  return there;
}

/** What has not changed since is as safe as it can be; what was typed on in a newer pane is not this one's to judge. */
function settled(form: HTMLFormElement, area: HTMLTextAreaElement): void {
  if (recall(nameOf(form))?.text === area.value) keepHere(form, area, false);
}

function restore(form: HTMLFormElement): void {
  const area = areaOf(form);
  const kept = recall(nameOf(form));
  if (area.value) form.closest("details")?.setAttribute("open", "");
  if (!kept || area.value === kept.text || area.matches("[aria-invalid]")) return;
  const same = kept.version === versionOf(form);
  // A newer draft from another computer counts. What never arrived there is not lost either: then both stand in the box.
  if (!kept.unsaved && !same) return forget(nameOf(form));
  const text = same ? kept.text : together(area.value, kept.text);
  if (text === kept.text) field(form, "key").value = kept.key;
  area.value = text;
  form.closest("details")?.setAttribute("open", "");
  if (kept.unsaved) typed(form, area);
}

const nameOf = (form: HTMLFormElement) => draftName(clinic ?? "", me ?? "", field(form, "conversation").value, form.dataset.draft ?? "");
