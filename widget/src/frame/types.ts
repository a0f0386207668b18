// The shapes that the service sends and the frame keeps.

/** `promise` where another one holds than the clinic's. */
export type Category = { id: string; label: string; open: boolean; contact: "required" | "optional" | "none"; promise?: string | null; promised_at?: string | null };

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
  /** When that changes next, and by when an answer to what is written now is promised: RFC 3339. */
  changes_at?: string | null;
  promised_at?: string | null;
  promise: string | null;
  notices?: Notice[];
  offers?: Offer[];
  /** The address of the words that the safety notice goes by; null where the clinic has none. */
  safety?: string | null;
  emergency: { number: string; text: string } | null;
  categories: Category[];
  consent: { text: string; sha256: string; locale: string };
  theme?: { color?: string };
  /** What to ask for as session when opening: "cookie", or "cookie; cross-site" in a frame on another site. */
  session: string;
  /** The address of a file of words in the visitor's language; absent for English. */
  words?: string;
};

/** A line above the conversation. */
export type Notice = { text: string; tone: "info" | "closed" | "urgent" };

/** What can be started besides writing. */
export type Offer = { label: string; part: Part };

/** What a message or an answer is made of; who does not know its type shows its text. */
export type Part = { type: string; text: string };
export type Link = Part & { label: string; url: string };
/** `confirm` is asked before it is sent. */
export type Option = { value: string; label: string; confirm?: string | null };
export type Choice = Part & { question: string; kind: string; options: Option[] };
export type Form = Part & { title: string; kind: string; button: string; fields: FormField[] };
export type File = Part & { name: string; media_type: string; content: string };

/** One question of a form. `max`: characters, or the largest number. */
export type FormField = {
  name: string;
  label: string;
  type: "text" | "long" | "date" | "time" | "choice" | "yes" | "number";
  required: boolean;
  max: number | null;
  rows: number | null;
  hint: string | null;
  options: Option[];
};

export type Conversation = { id: string; reference: string; category?: string };

/** Somebody of the clinic opened all messages up to this number; `role` is a title as visitors may see it. */
export type Opening = { upto_seq: number; at: string; role: string | null };

export type Message = {
  id: string;
  seq: number;
  author: { kind: "visitor" | "staff" | "plugin" | "system"; name: string | null; role: string | null };
  kind: string;
  data: { text?: string; parts?: Part[]; answer?: unknown; name?: string | null; role?: string | null } | null;
  received_at: string;
  verified: boolean;
  /** What was said to it at once; only where it was sent from. */
  answer?: Part[];
};

/**
 * What the visitor has typed and not yet sent: every value is text, as it stands in its field. `form` is the kind that is
 * being filled in instead of the box; what its fields hold is `data-<name>`. `left` is one that was closed with all it holds.
 */
export type Draft = { text: string; category: string; about: string; name: string; contact: string; consent: string; form?: string; left?: string; [field: `data-${string}`]: string | undefined };
export type Field = "text" | "category" | "about" | "name" | "contact" | "consent" | `data-${string}`;

/** What came back: status 0 means that nothing did. */
export type Answer = { status: number; body: any; retryAfter: number };

/**
 * A message from the moment "Send" was pressed. `key` and `body` stay the same in every try, also after a reload;
 * `conversation` is the one it was written in, "" when it opens one; `draft` is how the screen looked; `token` is the
 * session where the browser keeps no cookie for it, and would otherwise go with the tab; `choice` is what was chosen,
 * where it is no words: the draft then stays.
 */
export type Item = { key: string; at: number; conversation: string; token: string | null; draft: Draft; body: string; choice?: Chosen };

/** One answer of a choice. */
export type Chosen = { kind: string; answer: string; label: string };
