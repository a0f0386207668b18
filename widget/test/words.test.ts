// Every language says everything that English says, with the same places to fill in.
import { deepEqual, ok } from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { words as talk } from "../src/frame/talk-words.ts";
import { words as unsent } from "../src/frame/unsent-words.ts";
import { say, words } from "../src/frame/words.ts";

const english: Record<string, string> = { ...words, ...talk, ...unsent };
const folder = new URL("../../src/words/", import.meta.url); // from node_modules/.test/
const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

test("no word stands in two parts, and none is empty", () => {
  deepEqual(Object.keys(english).length, [words, talk, unsent].flatMap(Object.keys).length);
  for (const [name, text] of Object.entries(english)) ok(text.trim(), name);
});

test("the service's own sentences are said as they are", () => deepEqual([say("needText"), say("The clinic is closed.")], [words.needText, "The clinic is closed."]));

for (const file of existsSync(folder) ? readdirSync(folder) : []) {
  test(`${file} is complete`, () => {
    const other: Record<string, string> = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
    deepEqual(Object.keys(other).sort(), Object.keys(english).sort());
    for (const name in english) deepEqual(places(other[name]!), places(english[name]!), name);
  });
}
