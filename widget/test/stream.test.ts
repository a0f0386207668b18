// The stream: read in whatever pieces it comes, resumed without gap, replaced by polling where it is blocked.
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { follow, parser, type Signal } from "../src/frame/stream.ts";
import { clock, settled } from "./world.ts";

function parsed(...pieces: string[]): Signal[] {
  const heard: Signal[] = [];
  const parse = parser((signal) => heard.push(signal));
  pieces.forEach(parse);
  return heard;
}

const whole = 'retry: 1000\n\n: beat\n\nid: 4\nevent: message\ndata: {"seq":4}\n\nevent: opened\ndata: {"upto_seq":3}\n\n';
const both = [{ event: "message", data: '{"seq":4}' }, { event: "opened", data: '{"upto_seq":3}' }];

test("events are read, beats and other fields are not events", () => deepEqual(parsed(whole), both));
for (let cut = 1; cut < whole.length; cut++) {
  test(`cut after ${cut} characters it is the same`, () => deepEqual(parsed(whole.slice(0, cut), whole.slice(cut)), both));
}
test("one character at a time it is the same", () => deepEqual(parsed(...whole), both));
for (const end of ["\r\n", "\r"]) test(`${JSON.stringify(end)} ends lines too`, () => deepEqual(parsed(whole.replaceAll("\n", end) + "\n"), both));
test("data on several lines is one", () => deepEqual(parsed("data: a\ndata:b\n\n"), [{ event: "message", data: "a\nb" }]));
test("an event that was not finished is not heard", () => deepEqual(parsed("event: message\ndata: 1\n"), []));

/** A service whose connections are opened, fed and cut by the test. */
function service({ hidden = false } = {}) {
  const time = clock();
  const heard: Signal[] = [];
  const told: string[] = [];
  const connections: { say(text: string): void; cut(): void }[] = [];
  let blocked = false;
  let syncs = 0;
  const run = follow({
    later: time.later, random: () => 0.5, hidden: () => hidden, heard: (signal) => heard.push(signal),
    sync: async () => (syncs++, true), lead: (act) => act(), tell: (signal) => told.push(signal.event),
    connect: async (signal) => {
      if (blocked) throw new TypeError("Failed to fetch");
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          const close = (act: () => void) => { try { act(); } catch { /* it was closed before */ } };
          connections.push({ say: (text) => controller.enqueue(new TextEncoder().encode(text)), cut: () => close(() => controller.close()) });
          signal.addEventListener("abort", () => close(() => controller.error(new Error("aborted"))));
        },
      });
      return new Response(body);
    },
  });
  return { time, heard, told, connections, run, syncs: () => syncs, block: (yes: boolean) => { blocked = yes; } };
}

test("the first bytes lead to a fetch, and so does every message; nothing is polled meanwhile", async () => {
  const { time, connections, syncs, run } = service();
  await settled();
  connections[0]!.say(": beat\n\n");
  await settled();
  equal(syncs(), 1);
  connections[0]!.say('id: 2\nevent: message\ndata: {"seq":2}\n\n');
  await time.pass(10_000);
  equal(syncs(), 2);
  run.stop();
});

test("a cut stream is opened again, and what was missed is fetched", async () => {
  const { time, connections, syncs, run } = service();
  await settled();
  connections[0]!.say(": beat\n\n");
  await settled();
  connections[0]!.cut();
  await time.pass(1_000);
  equal(connections.length, 2);
  connections[1]!.say(": beat\n\n");
  await settled();
  equal(syncs(), 2);
  run.stop();
});

test("a stream that falls silent is given up", async () => {
  const { time, connections, run } = service();
  await settled();
  connections[0]!.say(": beat\n\n");
  await time.pass(42_000);
  equal(connections.length, 2);
  run.stop();
});

test("a blocked stream is replaced by polling within five seconds", async () => {
  const { time, heard, syncs, run, block } = service();
  block(true);
  await time.pass(5_000);
  ok(syncs() >= 1);
  deepEqual(heard, [{ event: "opened", data: "" }]); // who has opened what has to be asked as well
  await time.pass(60_000);
  ok(syncs() >= 14);
  run.stop();
});

test("a stream that opens and brings nothing counts as blocked", async () => {
  const { time, syncs, run } = service();
  await time.pass(5_000);
  ok(syncs() >= 1);
  run.stop();
});

test("a hidden page polls more slowly", async () => {
  const { time, syncs, run, block } = service({ hidden: true });
  block(true);
  await time.pass(65_000);
  ok(syncs() <= 4, `${syncs()}`);
  run.stop();
});

test("the network's return reconnects at once", async () => {
  const { time, connections, run, block } = service();
  block(true);
  await time.pass(60_000);
  block(false);
  const before = connections.length;
  run.wake();
  await settled();
  equal(connections.length, before + 1);
  run.stop();
});

test("stopped is stopped", async () => {
  const { time, connections, syncs, run } = service();
  await settled();
  run.stop();
  await settled();
  const before = [connections.length, syncs()];
  await time.pass(120_000);
  deepEqual([connections.length, syncs()], before);
});

test("what one window hears it tells the others: the news that it is connected, beats, and every event", async () => {
  const { connections, told, run } = service();
  await settled();
  connections[0]!.say(": beat\n\n");
  await settled();
  connections[0]!.say('event: opened\ndata: {"upto_seq":3}\n\n');
  await settled();
  deepEqual(told, ["message", "beat", "opened"]);
  run.stop();
});

test("a window that hears of another's stream fetches what is new and asks for nothing else, until that one falls silent", async () => {
  const { time, heard, syncs, run, block } = service();
  block(true);
  await settled();
  run.overhear({ event: "message", data: "" });
  run.overhear({ event: "opened", data: '{"upto_seq":3}' });
  await settled();
  equal(syncs(), 1);
  deepEqual(heard, [{ event: "opened", data: '{"upto_seq":3}' }]);
  await time.pass(30_000);
  run.overhear({ event: "beat", data: "" });
  await time.pass(30_000);
  equal(syncs(), 1);
  await time.pass(20_000);
  ok(syncs() > 1);
  run.stop();
});
