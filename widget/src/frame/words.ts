// Every word that the frame itself says: English comes with each part, another language is one file for all of them.
import words from "words:frame";
import type { Card } from "./types.ts";

export { words };
export type Words = typeof words;

/** What the parts say that come later; empty in English. */
export type Spoken = { [Part in "talk" | "log" | "unsent" | "front" | "forms" | "pieces" | "check" | "places"]?: object };

const patienceMs = 5000; // then in English: who needs a doctor must not wait for words

/** Fetches the visitor's language; where its file does not come, all goes on in English. */
export async function speak(card: Card): Promise<Spoken> {
  if (!card.words) return {};
  try {
    const answer = await fetch(card.words, { signal: AbortSignal.timeout?.(patienceMs) });
    if (!answer.ok) throw answer;
    const { frame, ...later } = await answer.json();
    Object.assign(words, frame);
    return later;
  } catch {
    const { documentElement: page } = document;
    card.locale = page.lang = "en";
    page.dir = "ltr";
    return {};
  }
}

/** A sentence with its places filled, each by a node of its own, so that a name never turns what stands around it. */
export function filled(sentence: string, places: Record<string, Node | string>): (Node | string)[] {
  return sentence.split(/\{(\w+)\}/).map((text, i) => (i % 2 ? places[text]! : text));
}
