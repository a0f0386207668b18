import assert from "node:assert/strict";
import { test } from "node:test";
import { beginsWord, filled, firstLeft, left, matching } from "../src/staff/canned-text.ts";

const known = { visitor: "Leo", clinic: "Elm", phone: null };
const names = ["visitor", "clinic", "phone", "date", "день недели", "दिनांक"];
const all = [
  { id: "1", label: "Opening hours", language: "en", text: "We are open from eight. Flu jabs too." },
  { id: "2", label: "Öffnungszeiten", language: "de", text: "Von acht bis sechs." },
  { id: "3", label: "Flu jab", language: "en", text: "Come on {date}." },
];

test("what is known is filled in, what is not stays, and no value is read again", () => {
  assert.equal(filled("Dear {visitor}, {date} {phone} {{clinic}} {constructor}", known), "Dear Leo, {date} {phone} {Elm} {constructor}");
  assert.equal(filled("{ visitor } {Visitor} {VISITOR\t} {vis\nitor}", known), "Leo Leo Leo {vis\nitor}");
  assert.equal(filled("{visitor}", { visitor: "{clinic}", clinic: "Elm" }), "{clinic}");
});

test("places of ready replies are left, other braces are somebody's own", () => {
  assert.deepEqual(left("{date} {date} {x} {} { date } {1} {день недели} {दिनांक}", names), ["date", "день недели", "दिनांक"]);
  assert.deepEqual(left("{Date} { date } { visitor }", names), ["Date", "visitor"]);
  assert.deepEqual(firstLeft("{x} on {date}", names), [7, 13]);
  assert.deepEqual(firstLeft("{x} on { Date }", names), [7, 15]);
  assert.equal(firstLeft("nothing", names), undefined);
});

test("a slash asks only where a word begins", () => {
  assert.deepEqual([beginsWord("/", 0), beginsWord("a /", 2), beginsWord("a\n/", 2), beginsWord("1/", 1)], [true, true, true, false]);
});

test("what is typed is looked for in names first, then in texts, whatever its accents; the visitor's language comes first", () => {
  const ids = (typed: string, language = "en") => matching([...all], typed, language).map(({ id }) => id);
  assert.deepEqual(ids("flu"), ["3", "1"]);
  assert.deepEqual(ids("OFFNUNG"), ["2"]);
  assert.deepEqual(ids("", "de"), ["2", "1", "3"]);
  assert.deepEqual(ids("flu zebra"), []);
});
