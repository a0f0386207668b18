// What the reply page's script decides without a page: waiting times and whose drafts are kept.
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { follow, type Heard } from "../src/staff/events.ts";
import { draftName, foreign, together } from "../src/staff/kept.ts";
import { sentence } from "../src/staff/presence.ts";
import { ago } from "../src/staff/waiting.ts";

const minute = 60_000_000;
const waited: [number, string][] = [
  [-5, "now"], [0.9, "now"], [1, "1 min"], [12.9, "12 min"], [59.9, "59 min"],
  [60, "1 h"], [119, "1 h"], [47 * 60 + 59, "47 h"], [48 * 60, "2 days"], [4 * 1440 + 1, "4 days"],
];

for (const [minutes, words] of waited) {
  test(`after ${minutes} minutes a visitor has waited "${words}"`, () => equal(ago(1_000, 1_000 + minutes * minute), words));
}

test("a draft belongs to one clinic, one person, one conversation and one form", () => {
  equal(draftName("sonnenhof", "ana", "k7", "reply"), "draft:sonnenhof/ana/k7/reply");
});

test("drafts of whoever used this tab before are found, everything else is left alone", () => {
  const mine = draftName("sonnenhof", "ana", "k7", "note");
  const others = [draftName("sonnenhof", "ben", "k7", "note"), draftName("lindenhof", "ana", "k7", "note")];
  deepEqual(foreign([mine, ...others, "something else"], "sonnenhof", "ana"), others);
});

test("of two texts none is lost, and none is there twice", () => {
  equal(together("A long answer.", "abc"), "A long answer.\n\nabc");
  for (const [first, second, both] of [["", "b", "b"], ["a", " ", "a"], ["Yes", "Yes, it is", "Yes, it is"], ["Yes, it is", "Yes", "Yes, it is"],
    ["it is.", "Yes, it is.", "Yes, it is."], ["now", "no", "now"], ["Yes, it is.", "is", "Yes, it is.\n\nis"]] as const) equal(together(first, second), both);
});

test("who is replying is said in one sentence, and nothing where nobody is", () => {
  deepEqual([[], ["Ana Ruiz"], ["Ana", "Bo"], ["Ana", "Bo", "Cy"]].map(sentence),
    ["", "Ana Ruiz is replying…", "Ana and Bo are replying…", "Ana, Bo and Cy are replying…"]);
});

test("a stream is followed to its end, and the end is told once", async () => {
  const heard = await followed(["event: hello\ndata: {\"chan", "ged\":false}\n\n: beat\n\nevent: changed\ndata: {}\n\nevent: end\ndata: {}\n\n"], 200);
  deepEqual(heard, ["open", "hello", "changed", "end"]);
});

test("a refused stream is the end of the session", async () => deepEqual(await followed([], 401), ["end"]));

async function followed(pieces: string[], status: number): Promise<string[]> {
  const heard: string[] = [];
  const body = new ReadableStream({
    start(stream) {
      pieces.forEach((piece) => stream.enqueue(new TextEncoder().encode(piece)));
      stream.close();
    },
  });
  globalThis.fetch = async () => new Response(body, { status });
  await follow("/events", () => 7, ({ event }: Heard) => heard.push(event), () => {});
  return heard;
}
