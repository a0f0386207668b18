// The shapes that the service sends and the frame keeps.

export type Category = { id: string; label: string; open: boolean; contact: "required" | "optional" | "none" };

/** The clinic card, as /clinics/<clinic>.json gives it and the frame's page carries it. */
export type Card = {
  clinic: string;
  origins: string[];
  /** BCP 47: of the words and dates that the visitor sees. */
  locale: string;
  timezone: string;
  /** What the clinic itself speaks. */
  locales: string[];
  /** The language of a text of the clinic's own, by the text, where it is another than the visitor's. */
  langs: { [text: string]: string };
  contact_url: string;
  name: string;
  address: string | null;
  phones: string[];
  doctors: string[];
  hours_text: string | null;
  open: boolean | null;
  promise: string | null;
  emergency: { number: string; text: string } | null;
  categories: Category[];
  consent: { text: string; sha256: string; locale: string };
  theme?: { color?: string };
  /** What to ask for as session when opening: "cookie", or "cookie; cross-site" in a frame on another site. */
  session: string;
  /** The address of a file of words in the visitor's language; absent for English. */
  words?: string;
};

export type Conversation = { id: string; reference: string };

/** Somebody of the clinic opened all messages up to this number; `role` is a title as visitors may see it. */
export type Opening = { upto_seq: number; at: string; role: string | null };

export type Message = {
  id: string;
  seq: number;
  author: { kind: "visitor" | "staff" | "system"; name: string | null; role: string | null };
  kind: string;
  data: { text?: string; name?: string | null; role?: string | null } | null;
  received_at: string;
  verified: boolean;
};

/** What the visitor has typed and not yet sent: every value is text, as it stands in its field. */
export type Draft = { text: string; category: string; about: string; name: string; contact: string; consent: string };
export type Field = keyof Draft;

/** What came back: status 0 means that nothing did. */
export type Answer = { status: number; body: any; retryAfter: number };

/**
 * A message from the moment "Send" was pressed. `key` and `body` stay the same in every try, also after a reload;
 * `conversation` is the one it was written in, "" when it opens one; `draft` is how the screen looked; `token` is the
 * session where the browser keeps no cookie for it, and would otherwise go with the tab.
 */
export type Item = { key: string; at: number; conversation: string; token: string | null; draft: Draft; body: string };
