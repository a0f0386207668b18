// Begun texts in this tab: one of each form, under a name that says whose it is and where it belongs.

/** `unsaved`: the server may not have it. `version`: of the server's draft that it was typed over. */
export type Kept = { text: string; key: string; version: string; unsaved: boolean };

export const drafts = "draft:"; // what the names of all drafts begin with

/** The name under which one form's draft is kept. */
export function draftName(clinic: string, me: string, conversation: string, form: string): string {
  return [drafts + clinic, me, conversation, form].join("/");
}

/** The names in `names` that belong to somebody else who used this tab before. */
export function foreign(names: string[], clinic: string, me: string): string[] {
  return names.filter((name) => name.startsWith(drafts) && !name.startsWith(`${drafts}${clinic}/${me}/`));
}

/** Two texts of which neither may be lost: the one alone that goes on from the other, or holds the first; else both. */
export function together(first: string, second: string): string {
  if (!first.trim() || second.includes(first)) return second;
  return !second.trim() || first.startsWith(second) ? first : `${first}\n\n${second}`;
}

// A browser may refuse storage altogether: drafts are then lost with the page, and nothing else is.
function quietly<T>(act: () => T): T | undefined {
  try { return act(); } catch { return undefined; }
}
export const names = () => quietly(() => Object.keys(sessionStorage)) ?? [];
export const forget = (name: string) => { quietly(() => sessionStorage.removeItem(name)); };
export const keep = (name: string, draft: Kept) => { quietly(() => sessionStorage.setItem(name, JSON.stringify(draft))); };
export const recall = (name: string): Kept | null | undefined => quietly(() => JSON.parse(sessionStorage.getItem(name) ?? "null"));
