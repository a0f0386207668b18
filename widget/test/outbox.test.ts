// A message is sent once, whatever the network does, and is never called sent before the service has it.
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { outbox, type Fate, type Item } from "../src/frame/outbox.ts";
import { pauseAfter } from "../src/frame/pauses.ts";
import type { Answer } from "../src/frame/types.ts";
import { answer, browser, clock, settled } from "./world.ts";

const item: Item = { key: "k1", at: 0, opening: false, body: '{"kind":"text","data":{"text":"Hello"}}' };
const accepted = answer(201, { message: { seq: 1 } });

function visitor(answers: (Answer | "never")[], tab = browser()) {
  const time = clock();
  const tries: Item[] = [];
  const fates: Fate[] = [];
  const start = () => outbox({
    memory: tab.memory(), later: time.later, random: () => 0.5, now: time.now, tell: (fate) => fates.push(fate),
    post: async (sent) => {
      tries.push(sent);
      const next = answers.shift() ?? accepted;
      return next === "never" ? new Promise<Answer>(() => {}) : next;
    },
  });
  return { time, tries, fates, tab, start, out: start(), types: () => fates.map(({ type }) => type) };
}

test("an acknowledged message is sent once and forgotten", async () => {
  const she = visitor([]);
  she.out.add(item);
  await settled();
  deepEqual([she.types(), she.out.waiting()], [["sending", "accepted"], null]);
  equal(she.time.next(), undefined);
});

test("it is kept before it leaves", async () => {
  const she = visitor(["never"]);
  she.out.add(item);
  deepEqual(she.out.waiting(), item);
  deepEqual(she.types(), ["sending"]);
});

for (const [what, status] of [["no answer", 0], ["a broken service", 500], ["a gateway", 502], ["no room", 503], ["in flight", 409], ["too many", 429]] as const) {
  test(`${what} (${status}): the same message with the same key again, until it is there`, async () => {
    const she = visitor([answer(status), answer(status)]);
    she.out.add(item);
    await she.time.pass(10_000);
    deepEqual(she.tries, [item, item, item]);
    deepEqual(she.types(), ["sending", "waiting", "sending", "waiting", "sending", "accepted"]);
  });
}

for (const status of [400, 401, 403, 404, 413, 415, 422]) {
  test(`${status} is an answer: failed, with its sentence, and not tried again by itself`, async () => {
    const she = visitor([answer(status, { detail: "Not like this.", errors: { "data.text": ["Too long."], "contact.email": ["Not one."] } })]);
    she.out.add(item);
    await she.time.pass(60_000);
    equal(she.tries.length, 1);
    deepEqual(she.fates.at(-1), { type: "failed", problem: "Not like this.", errors: { text: "Too long.", contact: "Not one." }, status });
    equal(she.out.waiting(), null);
  });
}

test("the pauses grow, have jitter and end at half a minute", () => {
  const longest = [0, 1, 2, 3, 4, 5, 20].map((tries) => pauseAfter(tries, 0.9999));
  deepEqual(longest.map((ms) => Math.round(ms / 1000)), [1, 2, 4, 8, 16, 30, 30]);
  for (let tries = 0; tries < 8; tries++) ok(pauseAfter(tries, 0) < pauseAfter(tries, 0.9999));
});

test("Retry-After is waited out", async () => {
  const she = visitor([answer(429, { detail: "Slowly." }, 42)]);
  she.out.add(item);
  await she.time.pass(41_900);
  equal(she.tries.length, 1);
  deepEqual(she.fates.at(-1), { type: "waiting", problem: "Slowly." });
  await she.time.pass(200);
  equal(she.tries.length, 2);
});

test("the network's return wakes it", async () => {
  const she = visitor([answer(0), answer(0), answer(0), answer(0)]);
  she.out.add(item);
  await she.time.pass(6_000);
  const before = she.tries.length;
  she.out.wake();
  await settled();
  equal(she.tries.length, before + 1);
});

test("waking while a try is under way sends nothing twice", async () => {
  const she = visitor(["never"]);
  she.out.add(item);
  she.out.wake();
  she.out.wake();
  await settled();
  equal(she.tries.length, 1);
});

test("a waking does not leave the old pause running", async () => {
  const she = visitor([answer(0), answer(0, null, 0)]);
  she.out.add(item);
  await settled();
  she.out.wake();
  await settled();
  await she.time.pass(60_000);
  equal(she.tries.length, 3);
});

test("after 23 hours it is not sent again by itself: the service may have forgotten that it has it", async () => {
  const she = visitor([answer(0), answer(0)]);
  she.out.add(item);
  await settled();
  she.time.jump(22.9);
  she.out.wake();
  await settled();
  equal(she.tries.length, 2);
  she.time.jump(0.2);
  she.start().wake();
  await settled();
  deepEqual([she.tries.length, she.out.waiting()], [2, null]);
  deepEqual(she.fates.at(-1), { type: "failed", problem: "late", errors: {}, status: 0 });
});

test("a reload in the middle: the same key, and one message", async () => {
  const she = visitor(["never"]);
  she.out.add(item);
  await settled();
  const reloaded = she.start();
  deepEqual(reloaded.waiting(), item);
  reloaded.wake();
  await settled();
  deepEqual(she.tries, [item, item]);
  equal(reloaded.waiting(), null);
});

test("what was ended while it was on its way is not shown as sent", async () => {
  const she = visitor([answer(0)]);
  she.out.add(item);
  she.out.clear();
  await she.time.pass(60_000);
  deepEqual([she.types(), she.tries.length], [["sending"], 1]);
});

test("where storage throws it is kept in memory, and sent all the same", async () => {
  const she = visitor([answer(0)], browser(true));
  she.out.add(item);
  await settled();
  deepEqual(she.out.waiting(), item);
  await she.time.pass(5_000);
  deepEqual(she.types(), ["sending", "waiting", "sending", "accepted"]);
});

test("storage that throws is noticed, and nothing is lost for the frame's life", () => {
  const memory = browser(true).memory();
  memory.set("draft", { text: "Hello" });
  deepEqual([memory.durable, memory.get("draft")], [false, { text: "Hello" }]);
  memory.drop("draft");
  equal(memory.get("draft"), null);
});

test("nothing is stored by looking", () => {
  const tab = browser();
  const memory = tab.memory();
  memory.get("draft");
  memory.get("token");
  deepEqual([tab.kept.length, memory.durable], [0, true]);
});
