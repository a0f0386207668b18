// What this script says, in the page's language. The English text is the key, as everywhere in the service; the page brings the rest.

type Said = string | { [category: string]: string; other: string };

const page = typeof document === "undefined" ? undefined : document;
const words: Record<string, Said> = JSON.parse(page?.getElementById("words")?.textContent ?? "{}");
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** BCP 47: of the page. */
export const language = page?.documentElement.lang || "en";

/** The sentence with its {names} filled in; where a number decides the words, it is `count`. */
export function say(english: string, values: Record<string, string | number> = {}): string {
  const said = words[english] ?? english;
  const text = typeof said === "string" ? said : said[new Intl.PluralRules(language).select(Number(values.count))] ?? said.other;
  return text.replace(/\{(\w+)\}/g, (place, name: string) => (Object.hasOwn(values, name) ? written(values[name]!) : place));
}

/** A name stands apart from the direction of the text around it (FSI and PDI of Unicode, UAX #9). */
function written(value: string | number): string {
  const turns = typeof value === "string" && (page?.documentElement.dir === "rtl" || rightToLeft.test(value));
  return turns ? `\u2068${value}\u2069` : String(value);
}
