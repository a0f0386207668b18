// "Opened by a nurse, Tue 10:02": who of the clinic was the first to open a message, and when.
import words from "words:log";
import type { Opening } from "./types.ts";

/** What is said of the message with this number; undefined while nobody has opened it. `openings` begin with the first. */
export function openedBy(openings: Opening[], seq: number, since: (at: Date) => string): string | undefined {
  const opening = openings.find(({ upto_seq }) => upto_seq >= seq);
  return opening && sentence(opening.role).replace("{when}", () => since(new Date(opening.at)));
}

/** Every language has sentences of its own for the usual titles; another one stands as the clinic wrote it, isolated. */
function sentence(role: string | null): string {
  const usual = `openedBy.${role?.toLowerCase()}` as keyof typeof words;
  if (!role) return words.openedByClinic;
  return words[usual] ?? words.openedBy.replace("{role}", () => `\u2068${role}\u2069`);
}
