// A message is sent once, whatever the network does, and is never called sent before the service has it.
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { outbox, type Fate } from "../src/frame/outbox.ts";
import { pauseAfter } from "../src/frame/pauses.ts";
import type { Answer, Item } from "../src/frame/types.ts";
import { answer, browser, clock, message, settled } from "./world.ts";

const item = message();
const accepted = answer(201, { message: { seq: 1 } });

/** As Web Locks do it: who asks first goes first, the others wait. */
function locks() {
  let last: Promise<void> = Promise.resolve();
  const held = new Set<string>();
  const turn = (act: () => Promise<void>) => (last = last.then(act));
  return { held, turn, hold: ({ key }: Item) => (held.add(key), () => held.delete(key)) };
}

function visitor(answers: (Answer | "never" | "broken")[], device = browser(), time = clock(), { held, turn, hold } = locks()) {
  const tries: Item[] = [];
  const fates: Fate[] = [];
  const here = device.safe(time.now);
  const orphans = async () => (await here.all()).filter(({ key }) => !held.has(key));
  const start = (fits = (_: Item) => true) => outbox({
    keep: { safe: here, turn, hold, orphans }, fits, later: time.later, random: () => 0.5, now: time.now, tell: (fate) => fates.push(fate),
    post: async (sent) => {
      tries.push(sent);
      const next = answers.shift() ?? accepted;
      if (next === "broken") throw new TypeError("AbortSignal.any is not a function");
      return next === "never" ? new Promise<Answer>(() => {}) : next;
    },
  });
  const kept = () => device.safe(time.now).all();
  return { time, tries, fates, device, here, start, kept, locks: { held, turn, hold }, out: start(), types: () => fates.map(({ type }) => type) };
}

test("an acknowledged message is sent once and forgotten, and its database with it", async () => {
  const she = visitor([]);
  she.out.add(item);
  await settled();
  deepEqual([she.types(), she.tries, she.out.waiting()], [["accepted"], [item], null]);
  deepEqual([await she.kept(), she.time.next()], [[], undefined]);
});

test("it is kept before it leaves", async () => {
  const she = visitor(["never"]);
  she.out.add(item);
  equal(she.tries.length, 0);
  await settled();
  deepEqual([await she.kept(), she.tries], [[item], [item]]);
});

for (const [what, status] of [["no answer", 0], ["a broken service", 500], ["a gateway", 502], ["no room", 503], ["in flight", 409], ["too many", 429]] as const) {
  test(`${what} (${status}): the same message with the same key again, until it is there`, async () => {
    const she = visitor([answer(status), answer(status)]);
    she.out.add(item);
    await she.time.pass(10_000);
    deepEqual(she.tries, [item, item, item]);
    deepEqual(she.types(), ["waiting", "waiting", "accepted"]);
  });
}

for (const status of [400, 401, 403, 404, 413, 415, 422]) {
  test(`${status} is an answer: failed, with its sentence, and not tried again by itself`, async () => {
    const she = visitor([answer(status, { detail: "Not like this.", errors: { "data.text": ["Too long."], "contact.email": ["Not one."], "data.reason": ["Which?"] } })]);
    she.out.add(item);
    await she.time.pass(60_000);
    equal(she.tries.length, 1);
    deepEqual(she.fates, [{ type: "failed", problem: "Not like this.", errors: { text: "Too long.", contact: "Not one.", "data-reason": "Which?" }, status }]);
    deepEqual([she.out.waiting(), await she.kept()], [null, []]);
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

test("a call that breaks off is tried again and told, and the next message goes as well", async () => {
  const she = visitor([answer(0), "broken", "broken"]);
  she.out.add(item);
  await she.time.pass(10_000);
  deepEqual([she.types(), she.tries], [["waiting", "waiting", "waiting", "accepted"], [item, item, item, item]]);
  she.out.add(message({ key: "k2" }));
  await settled();
  deepEqual([she.types().at(-1), await she.kept()], ["accepted", []]);
});

test("when the turn itself breaks off, the next waking sends", async () => {
  let broken = true;
  const fair = locks();
  const turn = (act: () => Promise<void>) => (broken ? Promise.reject(new Error("InvalidStateError")) : fair.turn(act));
  const she = visitor([], browser(), clock(), { ...fair, turn });
  await rejects(she.out.wake());
  broken = false;
  she.out.add(item);
  await settled();
  deepEqual([she.types(), she.tries], [["accepted"], [item]]);
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

test("waking while it is still being put away loses nothing", async () => {
  const she = visitor([]);
  she.out.add(item);
  she.out.wake();
  await settled();
  deepEqual([she.types(), she.tries, await she.kept()], [["accepted"], [item], []]);
});

test("dropped while it is still being put away: it is gone, and was not sent", async () => {
  const she = visitor([]);
  she.out.add(item);
  await she.out.drop();
  await settled();
  deepEqual([she.types(), she.tries, await she.kept()], [[], [], []]);
});

test("waking while a try is under way sends nothing twice", async () => {
  const she = visitor(["never"]);
  she.out.add(item);
  she.out.wake();
  await settled();
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
  she.out.wake();
  await settled();
  deepEqual([she.tries.length, she.out.waiting(), await she.kept()], [2, null, []]);
  deepEqual(she.fates.at(-1), { type: "failed", problem: "late", errors: {}, status: 0 });
});

test("closed in the middle and opened again: the same key, and one message", async () => {
  const she = visitor(["never"]);
  she.out.add(item);
  await settled();
  const again = visitor([], she.device, she.time);
  await again.out.wake();
  deepEqual([again.fates[0], again.tries], [{ type: "found", item }, [item]]);
  deepEqual([again.out.waiting(), await again.kept()], [null, []]);
});

test("what does not belong here is left alone", async () => {
  const she = visitor([]);
  await she.here.put(item);
  await she.start(({ conversation }) => conversation === "c2").wake();
  deepEqual([she.tries, await she.kept()], [[], [item]]);
});

test("what several windows have left is sent one after the other, the oldest first", async () => {
  const she = visitor([]);
  const [later, earlier] = [message({ key: "k2", at: 2000 }), message({ key: "k3", at: 1000 })];
  for (const each of [later, earlier]) await she.here.put(each);
  await she.out.wake();
  deepEqual(she.tries, [earlier, later]);
});

test("a second window waits for its turn, and says so", async () => {
  const she = visitor([answer(0)]);
  const second = message({ key: "k2", at: 1 });
  const other = she.start();
  she.out.add(item);
  await settled();
  other.add(second);
  await she.time.pass(1100); // the first goes through meanwhile
  await settled();
  deepEqual(she.tries, [item, item, second]);
  deepEqual(she.types(), ["waiting", "waiting", "accepted", "accepted"]);
});

test("a window whose turn does not come says that it waits", async () => {
  const she = visitor(["never"]);
  she.out.add(item);
  await settled();
  const other = visitor([], she.device, she.time, she.locks);
  other.out.add(message({ key: "k2" }));
  await she.time.pass(1100);
  deepEqual([other.types(), other.tries], [["waiting"], []]);
});

test("what another window has sent or ended is not sent again", async () => {
  const she = visitor([answer(0)]);
  she.out.add(item);
  await settled();
  await she.device.safe().forget();
  await she.time.pass(60_000);
  deepEqual([she.types(), she.tries.length, she.out.waiting()], [["waiting", "gone"], 1, null]);
});

test("what was dropped while it was on its way is not shown as sent, and is gone", async () => {
  const she = visitor([answer(0)]);
  she.out.add(item);
  await settled();
  await she.out.drop();
  await she.time.pass(60_000);
  deepEqual([she.types(), she.tries.length, await she.kept()], [["waiting"], 1, []]);
});

test("after what was dropped the next one goes", async () => {
  const she = visitor([answer(0)]);
  const second = message({ key: "k2" });
  she.out.add(item);
  await settled();
  she.out.drop();
  she.out.add(second);
  await settled();
  deepEqual([she.tries, she.fates.at(-1)?.type], [[item, second], "accepted"]);
});

test("where storage throws it is kept in memory, and sent all the same", async () => {
  const she = visitor([answer(0)], browser(true));
  she.out.add(item);
  await settled();
  deepEqual([she.out.waiting(), she.here.durable()], [item, false]);
  await she.time.pass(5_000);
  deepEqual(she.types(), ["waiting", "accepted"]);
});
