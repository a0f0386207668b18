// Every word that the frame itself says. A language is one file with the same names; English is always here.

const english = {
  dir: "ltr",
  emergency: "In an emergency, call",
  open: "Open now",
  shut: "Closed now",
  call: "Phone",
  options: "Options",
  window: "Open in full window",
  end: "End and forget on this device",
  ended: "This conversation has ended on this device.",
  again: "Write a new message",
  category: "What is it about?",
  choose: "Please choose",
  shutCategory: "closed at the moment",
  about: "Who is it about?",
  me: "Me",
  child: "My child",
  someone: "Someone I care for",
  name: "Your name",
  optional: "optional",
  contact: "Your email or phone number",
  consent: "I have read this and agree",
  privacy: "Before you send",
  text: "Your message",
  send: "Send",
  sending: "Sending…",
  waiting: "Waiting to be sent. We keep trying.",
  now: "Try now",
  discard: "Discard",
  waitingOffline: "Waiting for a connection: it is sent when you are back online.",
  waitingKept: "You can close this page; it is kept here for a day, and sent when you come back.",
  waitingMemory: "This browser keeps nothing here: please leave this window open until it is sent.",
  failed: "Not sent.",
  late: "We could not learn within a day whether this arrived. Please look before you try again.",
  retry: "Try again",
  sent: "Sent",
  offline: "You are offline.",
  loading: "Opening your conversation…",
  needCategory: "Please choose what it is about.",
  needAbout: "Please say who it is about.",
  needContact: "Please enter an email address or a phone number.",
  badContact: "This is not an email address or a phone number.",
  needConsent: "Please read this and tick the box.",
  needText: "Please write your message.",
  longText: "Please send at most 8,000 characters at once.",
};

export type Words = typeof english;
export type Word = keyof Words;

export const words: Words = { ...english };

/** The words for a key, or the given sentence itself: the server's sentences come ready to show. */
export function say(keyOrSentence: string): string {
  return words[keyOrSentence as Word] ?? keyOrSentence;
}

/** Fetches a language; a word that it lacks, or a file that does not come, leaves the English. */
export async function speak(address: string | undefined) {
  if (!address) return;
  const answer = await fetch(address).catch(() => null);
  if (answer?.ok) Object.assign(words, await answer.json().catch(() => null));
}
