// Ready replies as texts: which fit what is typed, what is filled in, what is left. desk/canned/variables.py says the same.

export type Canned = { id: string; label: string; language: string; text: string };

const place = /\{[^\S\n]*(\p{L}[^{}\n]{0,29}?)[^\S\n]*\}/gu;

/** The text with what is known put in; what is not stays, for all to see. */
export function filled(text: string, known: Record<string, string | null>): string {
  return text.replace(place, (whole, name: string) => (Object.hasOwn(known, name.toLowerCase()) && known[name.toLowerCase()]) || whole);
}

/** The places of a reply that are still empty, each once: `names` are those that ready replies have. */
export function left(text: string, names: string[]): string[] {
  const found = [...text.matchAll(place)].map(([, name]) => name!).filter((name) => among(names, name));
  return found.filter((name, at) => found.findIndex((each) => same(each, name)) === at);
}

/** Where the first of them stands, as [begin, end). */
export function firstLeft(text: string, names: string[]): [number, number] | undefined {
  for (const match of text.matchAll(place)) if (among(names, match[1]!)) return [match.index, match.index + match[0].length];
  return undefined;
}

function among(names: string[], name: string): boolean {
  return names.some((each) => same(each, name));
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** True when a sign at `at` begins a word: only there "/" asks for the list, not in 1/2 or in an address. */
export function beginsWord(text: string, at: number): boolean {
  return at === 0 || /\s/.test(text[at - 1]!);
}

/** Those in which all typed words stand: in the name before in the text, in the conversation's language before in others. */
export function matching(all: Canned[], typed: string, language: string): Canned[] {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  const holds = (text: string) => words.every((word) => plain(text).includes(word));
  const found = all.filter(({ label, text }) => holds(`${label} ${text}`));
  const worth = (each: Canned) => Number(holds(each.label)) * 2 + Number(each.language === language);
  return found.sort((one, other) => worth(other) - worth(one));
}

function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
