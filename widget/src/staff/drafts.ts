// Keep an unsent text with its key in this tab, for this person and conversation, until it was sent.

type Draft = { text: string; key: string };

const drafts = "draft:"; // what the names of all drafts begin with
const { clinic, me, conversation } = typeof document === "undefined" ? {} as DOMStringMap : document.body.dataset;

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
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-draft]")) restore(form);
  addEventListener("input", ({ target }) => {
    if (target instanceof HTMLTextAreaElement && target.form?.dataset.draft) save(target.form, target);
  });
  document.querySelector("[data-sign-out]")?.addEventListener("submit", () => names().filter((name) => name.startsWith(drafts)).forEach(forget));
}

/** Forgets the draft of a form whose text has arrived. */
export function dropDraft(form: HTMLFormElement): void {
  forget(nameOf(form));
}

function save(form: HTMLFormElement, area: HTMLTextAreaElement): void {
  if (!area.value.trim()) return forget(nameOf(form));
  // The key goes with the text: if an answer was lost on its way, sending again after a reload cannot double the message.
  keep(nameOf(form), { text: area.value, key: keyOf(form).value });
}

function restore(form: HTMLFormElement): void {
  const area = form.querySelector("textarea");
  const draft = recall(nameOf(form));
  if (!area || !draft || area.value) return;
  area.value = draft.text;
  keyOf(form).value = draft.key;
  form.closest("details")?.setAttribute("open", "");
}

const nameOf = (form: HTMLFormElement) => draftName(clinic ?? "", me ?? "", conversation ?? "", form.dataset.draft ?? "");
const keyOf = (form: HTMLFormElement) => form.querySelector<HTMLInputElement>("input[name=key]")!;

// A browser may refuse storage altogether: drafts are then lost with the page, and nothing else is.
function quietly<T>(act: () => T): T | undefined {
  try { return act(); } catch { return undefined; }
}
const names = () => quietly(() => Object.keys(sessionStorage)) ?? [];
const forget = (name: string) => { quietly(() => sessionStorage.removeItem(name)); };
const keep = (name: string, draft: Draft) => { quietly(() => sessionStorage.setItem(name, JSON.stringify(draft))); };
const recall = (name: string): Draft | null | undefined => quietly(() => JSON.parse(sessionStorage.getItem(name) ?? "null"));
