// Every language says everything that English says, with the same places to fill in and the plurals that it has.
import { deepEqual, equal, ok } from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { shape } from "./page.ts";
import { filled, speak, words } from "../src/frame/words.ts";
import type { Card } from "../src/frame/types.ts";

type Catalogue = Record<string, string | Record<string, string>>;

const folder = new URL("../../../securemsg/words/", import.meta.url); // from node_modules/.test/
const languages: string[] = readdirSync(folder).filter((name: string) => existsSync(new URL(`${name}/frame.json`, folder))).sort();
const catalogue = (language: string): Catalogue => JSON.parse(readFileSync(new URL(`${language}/frame.json`, folder), "utf8"));
const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
const english = catalogue("en");
const letters: Record<string, RegExp> = { ar: /\p{Script=Arabic}/u, ur: /\p{Script=Arabic}/u, hi: /\p{Script=Devanagari}/u, zh: /\p{Script=Han}/u, ru: /\p{Script=Cyrillic}/u };

test("there are ten", () => deepEqual(languages, ["ar", "de", "en", "es", "fr", "hi", "pt", "ru", "ur", "zh"]));

for (const language of languages) {
  const other = catalogue(language);
  test(`${language} has every word and no other`, () => deepEqual(Object.keys(other), Object.keys(english)));
  if (language !== "en") test(`${language} leaves nothing in English`, () => {
    deepEqual(Object.keys(english).filter((name) => english[name] === other[name]), language === "fr" ? ["frame.options", "log.log"] : []);
  });
  test(`${language} has each plural that its numbers need`, () => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    for (const [name, forms] of Object.entries(other)) {
      equal(typeof forms, typeof english[name], name);
      if (typeof forms === "object") deepEqual(Object.keys(forms).sort(), [...pluralCategories].sort(), name);
    }
  });
  test(`${language} fills in the same places, says something everywhere, in its own letters`, () => {
    for (const [name, forms] of Object.entries(other)) {
      const wanted = english[name]!;
      for (const [category, text] of Object.entries(typeof forms === "string" ? { forms } : forms)) {
        const mayLack = ["zero", "one", "two"].includes(category); // Arabic says "two letters" in one word
        if (!mayLack || places(text).length) deepEqual(places(text), places(typeof wanted === "string" ? wanted : wanted.other!), name);
        ok(text.trim() && text === text.trim() && text.normalize() === text, name);
        if (letters[language]) ok(letters[language].test(text), `${name}: ${text}`);
      }
    }
  });
}

test("what stands in a sentence's places are nodes of their own", () => {
  deepEqual(shape(filled("It is {name}. {what}", { name: "Ana", what: "Yes" })), ["It is ", "Ana", ". ", "Yes", ""]);
});

function visitor(words: string | undefined, answer: () => Promise<Response>) {
  const page = { lang: "ar", dir: "rtl" };
  (globalThis as any).document.documentElement = page;
  globalThis.fetch = answer;
  return { page, card: { locale: "ar", words } as Card };
}

for (const [what, answer] of Object.entries({
  "does not come": () => Promise.reject(new TypeError("Failed to fetch")),
  "is not there": async () => new Response("{}", { status: 404 }),
  "is another thing": async () => new Response("<h1>Sign in to the hotel's network</h1>"),
})) {
  test(`a language that ${what} leaves the frame in English`, async () => {
    const { page, card } = visitor("/words-ar.json", answer);
    deepEqual([await speak(card), page, card.locale, words.send], [{}, { lang: "en", dir: "ltr" }, "en", "Send"]);
  });
}

test("English asks for nothing", async () => {
  const { card } = visitor(undefined, () => { throw new Error("asked"); });
  deepEqual(await speak(card), {});
});

test("in another language every part gets its words", async () => {
  const frame = { send: "إرسال" };
  const { page, card } = visitor("/words-ar.json", async () => Response.json({ frame, log: { you: "أنت" } }));
  deepEqual([await speak(card), page.dir, words.send], [{ log: { you: "أنت" } }, "rtl", "إرسال"]);
});
