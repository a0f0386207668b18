// What crosses between page and frame: our own notes, and nothing else that somebody puts into a message.
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { note, read } from "../src/bridge.ts";

for (const type of ["ready", "open", "close", "unread"] as const) {
  test(`a note "${type}" is read as it was made`, () => deepEqual(read(note(type, 3)), { securemsg: 1, type, n: 3 }));
}

const strangers: unknown[] = [
  undefined, null, 0, "open", [], {}, { type: "open" }, { securemsg: true, type: "open" }, { securemsg: "1", type: "open" },
  { securemsg: 1 }, { securemsg: 1, type: "text" }, { securemsg: 1, type: ["open"] }, { securemsg: 1, type: "__proto__" },
];
for (const stranger of strangers) test(`${JSON.stringify(stranger)} is not ours`, () => equal(read(stranger), undefined));

test("whatever else stands in a note is dropped", () => {
  deepEqual(Object.keys(read({ ...note("open"), text: "what she typed", token: "smv_x" })!), ["securemsg", "type", "n"]);
});

const numbers: [unknown, number][] = [
  [0, 0], [7, 7], [2.9, 2], [-1, 0], [99, 99], [100, 99], [1e300, 99], [Infinity, 99], [NaN, 0],
  ["12", 12], ["a", 0], [null, 0], [undefined, 0], [{}, 0], [[3, 4], 0], [5n, 5], [true, 1],
];
for (const [given, kept] of numbers) {
  test(`the count ${String(given)} becomes ${kept}`, () => equal(read({ securemsg: 1, type: "unread", n: given })!.n, kept));
}
