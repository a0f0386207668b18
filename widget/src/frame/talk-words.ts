// The words of a running conversation; they arrive with it. A language's file has these names too.
import type { words as core } from "./words.ts";

export const words = {
  endSure: "You will not be able to read the answers on this device any more.",
  endYes: "End and forget",
  endNo: "Keep",
  endFailed: "There is no connection, so this could not be ended. Please try again.",
  seen: "Opened",
  log: "Conversation",
  you: "You",
  received: "Your message has arrived. Reference:",
  staff: "Clinic",
  today: "Today",
  yesterday: "Yesterday",
  claimed: "{name} is looking after your message.",
  closed: "The clinic has closed this conversation. You can still write; it will be opened again.",
  reopened: "The conversation is open again.",
  unverified: "This message could not be verified, so it is not shown.",
  unknown: "This kind of message cannot be shown here.",
  memory: "This browser keeps nothing for this page: closing or reloading it ends your access to the conversation.",
};

/** Takes over whatever the visitor's language has brought for these names. */
export function adopt(loaded: typeof core) {
  for (const name of Object.keys(words) as (keyof typeof words)[]) words[name] = (loaded as Partial<typeof words>)[name] ?? words[name];
}
