// Whether the clinic's own words for the safety notice stand in a text: step for step what securemsg/safety does, with the same tables.

type Section = "crisis" | "emergency" | "unless";
type List = { language: string } & Record<Section, string[]>;
export type Words = { version: string; name: string; lists: List[]; cards: Record<string, unknown> };
type Step = { before?: number; reach: number; ends: Set<Section>; always: Set<Section> };
type Chain = [at: number, before?: Chain];
type Table = Map<string, number[]>;

const gap = 4;
const apostrophes = /[’‘ʼ`´′＇]/gu;
const wholeWords = /[\u2474-\u24b5\u3200-\u33ff\ufdf0-\ufdfd]/gu;
const marks = /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u093c\u09bc\u00ad\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]/gu;
const alike = new Map([["ß", "ss"], ["æ", "ae"], ["œ", "oe"], ["þ", "th"]]);
[..."øđðłıςىةٱکیہھەںے٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹"].forEach((sign, at) => alike.set(sign, "oddliσيهاكيهههني01234567890123456789"[at]!));
const again = /([a-z])\1+|([^0-9a-z])\2\2+/gu;
const between = "\\x00-&(-/:-`{-©«-´¶-¹»-¿×÷˂-˅˒-˟־،؛؟٪-٭۔।॥\\u2000-\\u206f₠-⃏←-⯿⸀-\\u2e7f\\u3000-\\u3004\\u3008-\\u3020〰" +
  "\\ue000-\\uf8ff\\ufdfe\\ufdff︐-︙︰-﹏�\\u{1f000}-\\u{1faff}";
const alone = "\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3040-\\u30ff\\u3400-\\u9fff\\u{20000}-\\u{3ffff}";
const sentence = ".!?;:\n…()\"«»“”„–—؛؟۔।॥。";
const clause = ",،、";
const token = new RegExp(`[${alone}]|[^${between}${alone}]+|[${sentence}${clause}]`, "gu");
const elided = new Set("c d j l m n s t qu jusqu lorsqu puisqu".split(" "));
const arabic = /^[\u0621-\u06ff]/;

/** The section whose card is to be shown, null when the text has none of the words. */
export function matches(words: Words, text: string): string | null {
  if (!ready.has(words)) ready.set(words, words.lists.map(prepared));
  const said = parted(text);
  const found = new Set(ready.get(words)!.flatMap((list) => list(said)));
  return Object.keys(words.cards).find((section) => found.has(section as Section)) ?? null;
}

const ready = new WeakMap<Words, ((said: ReturnType<typeof parted>) => Section[])[]>();

function prepared(list: List) {
  const steps: Step[] = [];
  const known = new Map<string, number>(); // a beginning of phrases → its last step
  const exact: Table = new Map();
  const stems: Table = new Map();
  for (const section of ["crisis", "emergency", "unless"] as const) for (const phrase of list[section]) add(phrase, section);
  const lengths = [...new Set([...stems.keys()].map((stem) => stem.length))];

  function add(phrase: string, section: Section) {
    let path = "", before: number | undefined;
    for (const [whole, sign, alternatives] of phrase.replace(/^!/, "").matchAll(/(^|[ -])([^ -]+)/g)) {
      path += whole;
      let step = known.get(path);
      if (step === undefined) {
        known.set(path, (step = steps.push({ before, reach: sign === "-" ? 1 : 1 + gap, ends: new Set(), always: new Set() }) - 1));
        for (const word of alternatives!.split("|")) {
          const [table, key] = word.endsWith("*") ? [stems, word.slice(0, -1)] : [exact, word];
          if (!table.get(key)?.push(step)) table.set(key, [step]);
        }
      }
      before = step;
    }
    if (before !== undefined) {
      steps[before]!.ends.add(section);
      if (phrase.startsWith("!")) steps[before]!.always.add(section); // nothing takes it back
    }
  }

  function fitting(word: string) {
    const found = forms(word).flatMap((form) => [exact.get(form) ?? [], ...lengths.map((length) => (length <= form.length && stems.get(form.slice(0, length))) || [])]);
    return [...new Set(found.flat())];
  }

  return ({ found, places, clauses }: ReturnType<typeof parted>) => {
    const chains = new Map<number, Chain>();
    const seen = new Map<string, number[]>();
    const ended: [Step, Chain][] = [];
    const longer = (number: number, at: number): Chain | undefined => {
      const step = steps[number]!;
      const before = chains.get(step.before ?? -1);
      return step.before === undefined ? [at] : before && places[at]! - places[before[0]]! <= step.reach ? [at, before] : undefined;
    };
    found.forEach((word, at) => {
      if (!seen.has(word)) seen.set(word, fitting(word));
      const grown = seen.get(word)!.map((step) => [step, longer(step, at)] as const); // all before any is kept: no word counts for two steps
      for (const [step, chain] of grown) {
        if (!chain) continue;
        chains.set(step, chain);
        if (steps[step]!.ends.size) ended.push([steps[step]!, chain]);
      }
    });

    const within = new Set<number>(); // words of an `unless` of several
    const last = new Set<number>(); // its last word, or its only one
    for (const [{ ends }, chain] of ended) {
      const all = indexes(chain);
      if (!ends.has("unless") || clauses[all.at(-1)!] !== clauses[all[0]!]) continue;
      last.add(all[0]!);
      if (all.length > 1) for (const at of all) within.add(at);
    }
    const back = (chain: Chain) => {
      const own = indexes(chain);
      const first = own.at(-1)!;
      if (last.has(first - 1) && clauses[first - 1] === clauses[first]) return true;
      for (let at = first; at <= chain[0]; at++) if (within.has(at) || (last.has(at) && !own.includes(at))) return true;
      return false;
    };
    return ended.flatMap(([{ ends, always }, chain]) => [...(back(chain) ? always : ends)]);
  };
}

/** The words of a text; where each stands, counted in words; in which clause. */
export function parted(text: string) {
  const found: string[] = [], places: number[] = [], clauses: number[] = [];
  let place = 0, part = 0, pause = 0;
  for (const [each] of folded(text).matchAll(token)) {
    if (each.length === 1 && (sentence + clause).includes(each)) {
      part++;
      if (!clause.includes(each)) pause = 2;
      continue;
    }
    for (const word of split(each)) {
      place += 1 + pause;
      pause = 0;
      found.push(word);
      places.push(place);
      clauses.push(part);
    }
  }
  return { found, places, clauses };
}

function folded(text: string) {
  const plain = text.replace(apostrophes, "'").replace(wholeWords, " ").normalize("NFKD").toLowerCase().replace(marks, "");
  return [...plain].map((sign) => alike.get(sign) ?? sign).join("").replace(again, "$1$2");
}

function split(each: string) {
  const at = each.indexOf("'");
  const parts = at > 0 && elided.has(each.slice(0, at)) ? [each.slice(0, at), each.slice(at)] : [each];
  return at < 0 ? parts : parts.map((part) => part.replaceAll("'", "").replace(again, "$1$2")).filter(Boolean);
}

function forms(word: string) {
  const all = [word];
  if (!arabic.test(word)) return all;
  for (const letters of ["وف", "بكل"]) if (word.length > 3 && letters.includes(word[0]!)) all.push((word = word.slice(1)));
  if (word.length > 3 && /^(ال|لل)/.test(word)) all.push(word.slice(2));
  else if (word.length > 3 && word[0] === "ل") all.push(word.slice(1));
  return all;
}

function indexes(chain: Chain | undefined) {
  const all: number[] = [];
  for (; chain; chain = chain[1]) all.push(chain[0]);
  return all;
}
