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
  let before: Promise<Draft | null> | undefined;

  /** Once, and before anything is written over it. */
  const older = () => (before ??= read().catch(() => null));

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

  return {
    /** One at a time, and of what was typed meanwhile only the last; where storage is refused it is on the screen alone. */
    async keep(draft: Draft) {
      latest = draft;
      if (writing) return;
      writing = true;
      await older();
      for (let next; (next = latest); ) {
        latest = undefined;
        await (isFilledIn(next) ? write(next) : erase()).catch(() => {});
      }
      writing = false;
    },

    forget() {
      return this.keep(emptyDraft);
    },

    /** What was typed in this tab before it was loaded anew; on a slow device above what is typed by now: neither is lost. */
    async recall(typed = () => emptyDraft): Promise<Draft | null> {
      const [first, next] = [await older(), typed()];
      if (!first || !isFilledIn(next)) return first;
      const filledIn = Object.fromEntries(Object.entries(next).filter(([, value]) => value));
      const both = { ...first, ...filledIn, text: [first.text, next.text].filter(Boolean).join("\n\n") };
      this.keep(both);
      return both;
    },
  };
}

const isFilledIn = (draft: Draft) => Object.values(draft).some(Boolean);
