// What is typed and not sent: sealed in the tab's own storage, gone with the tab; its key lies where no text does.
import { base64, newSealingKey, open, seal, unbase64 } from "./seal.ts";
import { dayMs } from "./safe.ts";
import { shelf } from "./shelf.ts";
import { emptyDraft } from "./state.ts";
import type { Draft } from "./types.ts";

type Key = { key: CryptoKey; at: number };

export function drafts(clinic: string, now: () => number) {
  const { put, look, drop } = shelf(`securemsg:${clinic}`);
  const name = `securemsg:${clinic}:draft`;
  let mine: { id: string; key: CryptoKey } | null = null;
  let latest: Draft | undefined;
  let writing = false;
  let before: Promise<void> | undefined;
  let aside: Draft | null = null; // older words that stand in no box yet: kept with whatever else is

  /** Once, and before anything is written over it. */
  const older = () => (before ??= read().then((found) => { aside = found; }, () => {}));

  async function read(): Promise<Draft | null> {
    const [id = "", sealed = ""] = sessionStorage.getItem(name)?.split("|") ?? [];
    const found: Key | undefined = await look((kept) => kept.get(id));
    if (found) mine = { id, key: found.key };
    await sweep();
    return found ? await open(found.key, [clinic, id], unbase64(sealed)) : null;
  }

  async function newKey() {
    const made = { id: `draft ${base64(crypto.getRandomValues(new Uint8Array(9)))}`, key: await newSealingKey() };
    await put({ key: made.key, at: now() } satisfies Key, made.id);
    return made;
  }

  async function write(draft: Draft) {
    mine ??= await newKey();
    sessionStorage.setItem(name, `${mine.id}|${base64(await seal(mine.key, [clinic, mine.id], draft))}`);
  }

  async function erase() {
    const id = mine?.id ?? sessionStorage.getItem(name)?.split("|")[0];
    sessionStorage.removeItem(name);
    mine = null;
    if (id) await drop(id);
  }

  /** Keys of tabs that are long gone. */
  async function sweep() {
    const ids = ((await look((kept) => kept.getAllKeys())) ?? []) as string[];
    for (const id of ids.filter((each) => each.startsWith("draft") && each !== mine?.id)) {
      const key: Key = await look((kept) => kept.get(id));
      if (now() - key.at > dayMs) await drop(id);
    }
  }

  function together(next: Draft): Draft {
    if (!aside) return next;
    const filledIn = Object.fromEntries(Object.entries(next).filter(([, value]) => value));
    return { ...aside, ...filledIn, text: [aside.text, next.text].filter(Boolean).join("\n\n") };
  }

  return {
    /** One at a time, and of what was typed meanwhile only the last; where storage is refused it is on the screen alone. */
    async keep(draft: Draft) {
      latest = draft;
      if (writing) return;
      writing = true;
      await older();
      for (let next; (next = latest); ) {
        latest = undefined;
        next = together(next);
        await (isFilledIn(next) ? write(next) : erase()).catch(() => {});
      }
      writing = false;
    },

    forget() {
      return this.keep(emptyDraft);
    },

    /** Shows what was typed in this tab before it was loaded anew, once; on a slow device above what is typed by now: neither is
     *  lost. Not while `typed` says that there is no room for it: then it stays kept. */
    async recall(typed: () => Draft | false, show: (both: Draft) => void) {
      await older();
      const next = aside && typed();
      if (!next) return;
      const both = together(next);
      aside = null;
      if (writing || isFilledIn(next)) this.keep(both); // nothing that waits to be written takes the older words away
      show(both);
    },
  };
}

const isFilledIn = (draft: Draft) => Object.values(draft).some(Boolean);
