// The safety notice's words are found where the service finds them: one file of cases for both.
import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { matches, parted, type Words } from "../src/frame/safety.ts";
import { cpu } from "./cpu.ts";

type Group = { name: string; lists: Words["lists"]; cases: [string | null, string][] };

const file = new URL("../../../tests/data/safety_cases.json", import.meta.url); // from node_modules/.test/
const { groups }: { groups: Group[] } = JSON.parse(readFileSync(file, "utf8"));
const words = (lists: Words["lists"]): Words => ({ version: "1", name: "Safety notice", lists, cards: { crisis: {}, emergency: {} } });

for (const { name, lists, cases } of groups) {
  test(`every case of ${name} has its card`, () => {
    const list = words(lists);
    for (const [card, text] of cases) equal(matches(list, text), card, text);
  });
}

test("of two cards the first that there is is shown", () => {
  const lists = [{ language: "en", crisis: ["blue"], emergency: ["red"], unless: [] }];
  equal(matches(words(lists), "red and blue"), "crisis");
  equal(matches({ ...words(lists), cards: { emergency: {} } }, "red and blue"), "emergency");
  equal(matches({ ...words(lists), cards: {} }, "red and blue"), null);
});

test("another object is another list, the same one is made ready once", () => {
  const list = words([{ language: "en", crisis: [], emergency: ["red"], unless: [] }]);
  equal(matches(list, "red"), "emergency");
  list.lists[0]!.emergency.push("blue");
  equal(matches(list, "blue"), null);
  equal(matches({ ...list }, "blue"), "emergency");
});

test("words, their places and clauses", () => {
  deepEqual(parted("No, I can’t. J'ai MAL"), { found: ["no", "i", "cant", "j", "ai", "mal"], places: [1, 2, 3, 6, 7, 8], clauses: [0, 1, 1, 2, 2, 2] });
});

test("time grows with the text, whatever it says", () => {
  const list = words(groups[0]!.lists);
  const took = (text: string, times: number, length: number) => cpu(() => {
    for (let n = 0; n < times; n++) matches(list, text.repeat(length / text.length));
  });
  for (const text of ["no chest pain ", "a ", "pain chest ", "' ", "لا ألم صدر ", "ﷺ", "aaaa", "......", "no or "]) {
    const [short, long] = [took(text, 16, 10_000), took(text, 1, 160_000)];
    ok(long < 5 * short + 40, `${text}: ${short} ms in sixteen pieces, ${long} ms in one`); // squared it would be 16 times
  }
});
