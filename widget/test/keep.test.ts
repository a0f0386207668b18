// What one window has in hand no other takes; what a closed one has left behind anybody may.
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { claim } from "../src/frame/claim.ts";
import { keep } from "../src/frame/keep.ts";
import { browser, message, settled } from "./world.ts";

/** As much of Web Locks as a claim needs: one at a time for each name. */
function locks() {
  const lines: Record<string, Promise<unknown>> = {};
  const held: { name: string }[] = [];
  const request = (name: string, act: () => Promise<unknown>) => {
    const mine = { name };
    const turn = (lines[name] ?? Promise.resolve()).then(() => (held.push(mine), act())).finally(() => held.splice(held.indexOf(mine), 1));
    lines[name] = turn.catch(() => {});
    return turn;
  };
  return { request, query: async () => ({ held }) };
}

function windows(withLocks: boolean) {
  browser();
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: withLocks ? { locks: locks() } : {} });
  return [keep("riverside", () => 0), keep("riverside", () => 0)] as const;
}

test("a message that a window has in hand is not left behind, until it lets go or is closed", async () => {
  const [one, two] = windows(true);
  const letGo = one.hold(message());
  await one.safe.put(message());
  deepEqual(await two.orphans(), []);
  letGo();
  await settled();
  deepEqual(await two.orphans(), [message()]);
});

test("without locks all that waits counts as left behind: the service sends nothing twice", async () => {
  const [one, two] = windows(false);
  one.hold(message());
  await one.safe.put(message());
  deepEqual(await two.orphans(), [message()]);
});

for (const withLocks of [true, false]) {
  test(`one after the other, ${withLocks ? "in all windows" : "in this window where there are no locks"}, also after a failure`, async () => {
    const done: string[] = [];
    windows(withLocks);
    const failing = claim("turn", async () => { await settled(); done.push("first"); throw new Error("It failed."); });
    const second = claim("turn", async () => { done.push("second"); return 2; });
    deepEqual([await failing.catch(({ message }) => message), await second, done], ["It failed.", 2, ["first", "second"]]);
  });
}
