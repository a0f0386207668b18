// What was erased at the clinic: it stands in the conversation that somebody came, and no word of it.
import type { Message } from "./types.ts";

/** Those of the messages with these numbers whose words are still here. */
export const stillSaid = (messages: Message[], removed: number[] = []) => messages.filter(({ seq, kind }) => kind !== "removed" && removed.includes(seq));

export const emptied = (message: Message): Message => ({ ...message, kind: "removed", data: {}, answer: undefined });
