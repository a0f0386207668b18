// What waits lies sealed on the device, opens in its own place only, and is gone when it should be.
import { deepEqual, equal, notDeepEqual, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { drafts } from "../src/frame/drafts.ts";
import { newSealingKey, open, seal } from "../src/frame/seal.ts";
import { emptyDraft } from "../src/frame/state.ts";
import type { Draft } from "../src/frame/types.ts";
import { browser, message, settled } from "./world.ts";

const item = message({ key: "a-long-key", conversation: "", draft: { ...emptyDraft, text: "My chest hurts", name: "Samantha" } });
const hour = 3_600_000;
const text = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

test("what was sealed opens in its place, and in no other", async () => {
  const key = await newSealingKey();
  const sealed = await seal(key, ["unsent", "elm", "c1", "k"], item);
  deepEqual(await open(key, ["unsent", "elm", "c1", "k"], sealed), item);
  for (const place of [["unsent", "oak", "c1", "k"], ["unsent", "elm", "c2", "k"], ["unsent", "elm", "c1", "l"], ["unsent", "elm", "c1k"]]) {
    await rejects(open(key, place, sealed), place.join());
  }
});

test("a changed byte, anywhere, is noticed", async () => {
  const key = await newSealingKey();
  const sealed = await seal(key, ["a"], item);
  for (const at of [0, 12, 600, sealed.length - 1]) {
    const changed = sealed.map((byte, i) => (i === at ? byte ^ 1 : byte));
    await rejects(open(key, ["a"], changed), `byte ${at}`);
  }
});

test("the key cannot be read out, and each sealing has a nonce of its own", async () => {
  const key = await newSealingKey();
  equal(key.extractable, false);
  await rejects(crypto.subtle.exportKey("raw", key));
  const [one, two] = [await seal(key, ["a"], item), await seal(key, ["a"], item)];
  notDeepEqual(one.slice(0, 12), two.slice(0, 12));
  ok(!text(one).includes("chest"));
});

test("the length says little", async () => {
  const key = await newSealingKey();
  const length = async (value: string) => (await seal(key, ["a"], value)).length - 12 - 16;
  deepEqual(await Promise.all(["", "x".repeat(1022), "x".repeat(1023), "x".repeat(5000)].map(length)), [1024, 1024, 2048, 8192]);
});

test("what is kept is there again, its words are not to be seen, and its key cannot be read out", async () => {
  const device = browser();
  const safe = device.safe();
  await safe.put(item);
  deepEqual([await device.safe().all(), safe.durable(), await safe.has(item)], [[item], true, true]);
  const [[id, { key, sealed, ...rest }]] = [...device.databases.get("securemsg:riverside")!] as any;
  deepEqual([Object.keys(rest), key.extractable], [["conversation"], false]);
  ok(!/chest|Samantha|a-long-key/.test(id + JSON.stringify(rest) + text(sealed)));
});

test("what is found again is known to be kept, what is being put away is not yet", async () => {
  const device = browser();
  const first = device.safe();
  const putting = first.put(item);
  equal(first.durable(), false);
  await putting;
  const again = device.safe();
  deepEqual([await again.all(), again.durable()], [[item], true]);
});

test("an opening is hers in the tab that it was written in, in another only once she has said so", async () => {
  const device = browser();
  const [opening, later] = [message({ conversation: "", at: 7 }), message({ key: "k2", at: 8 })];
  await device.safe().put(opening);
  equal(device.safe().isHers(opening), true); // loaded anew
  device.kept.removeItem("securemsg:riverside:wrote"); // another tab
  const safe = device.safe();
  deepEqual([safe.isHers(opening), safe.isHers(later)], [false, true]);
  safe.adopt(opening);
  await safe.drop(later);
  equal(safe.isHers(opening), true);
  await safe.drop(opening);
  deepEqual([safe.isHers(opening), device.kept.length], [false, 0]);
});

test("each message has a key of its own, and with the last one nothing stays", async () => {
  const device = browser();
  const safe = device.safe();
  const second = message({ key: "k2" });
  for (const each of [item, second]) await safe.put(each);
  const [one, two] = [...device.databases.get("securemsg:riverside")!.values()];
  notDeepEqual(one.sealed, two.sealed);
  await rejects(crypto.subtle.decrypt({ name: "AES-GCM", iv: two.sealed.slice(0, 12) }, one.key, two.sealed.slice(12)));
  await safe.drop(item);
  deepEqual(await safe.all(), [second]);
  await safe.drop(second);
  deepEqual([...device.databases], []);
});

test("a record that was moved to another conversation, or changed, is nobody's: it goes", async () => {
  for (const meddle of [(kept: any) => (kept.conversation = "c2"), (kept: any) => (kept.sealed[40] ^= 1)]) {
    const device = browser();
    await device.safe().put(item);
    meddle([...device.databases.get("securemsg:riverside")!.values()][0]);
    deepEqual(await device.safe().all(), []);
    deepEqual([...device.databases], []);
  }
});

test("after a day it is deleted, and that is told", async () => {
  const device = browser();
  await device.safe().put(item);
  const gone: unknown[] = [];
  equal((await device.safe(() => 24 * hour).all()).length, 1);
  deepEqual(await device.safe(() => 24 * hour + 1).all((old) => gone.push(old)), []);
  deepEqual([gone, [...device.databases]], [[item], []]);
});

test("looking leaves no trace", async () => {
  const device = browser();
  deepEqual([await device.safe().all(), await device.safe().has(item), await recalled(drafts("riverside", () => 0))], [[], false, null]);
  await device.safe().drop(item);
  deepEqual([...device.databases], []);
});

test("one clinic's lie apart from another's", async () => {
  const device = browser();
  await device.safe().put(item);
  deepEqual(await device.safe(() => 0, "oak").all(), []);
  await device.safe(() => 0, "oak").forget();
  deepEqual(await device.safe().all(), [item]);
});

test("where storage is refused it stays in this window, and that is known", async () => {
  const device = browser(true);
  const safe = device.safe();
  await safe.put(item);
  deepEqual([safe.durable(), await safe.all(), await safe.has(item), await device.safe().all()], [false, [item], true, []]);
  await safe.drop(item);
  deepEqual(await safe.all(), []);
});

test("where there is no room, or the browser takes no keys, it stays in this window too", async () => {
  const device = browser();
  device.refusePuts();
  const safe = device.safe();
  await safe.put(item);
  deepEqual([safe.durable(), await safe.all(), await device.safe().all()], [false, [item], []]);
});

/** What comes back into a box in which `typed` stands. */
async function recalled(kept: ReturnType<typeof drafts>, typed: Draft | false = emptyDraft): Promise<Draft | null> {
  let shown: Draft | null = null;
  await kept.recall(() => typed, (both) => { shown = both; });
  return shown;
}

const half = { ...emptyDraft, text: "My chest", name: "Samantha" };

test("a draft survives a reload, sealed, and goes when it is empty", async () => {
  const device = browser();
  await drafts("riverside", () => 0).keep(half);
  const kept = JSON.stringify([device.kept.getItem("securemsg:riverside:draft"), ...[...device.databases.values()].map((each) => [...each])]);
  ok(kept.length > 1000 && !/chest|Samantha/.test(kept));
  const again = drafts("riverside", () => 0);
  deepEqual(await recalled(again), half);
  await again.keep(emptyDraft);
  deepEqual([device.kept.length, [...device.databases]], [0, []]);
});

test("what is typed before the older words are read goes on below them, and both are kept", async () => {
  browser();
  await drafts("riverside", () => 0).keep(half);
  const again = drafts("riverside", () => 0);
  const next = { ...emptyDraft, text: "hurts", about: "me" };
  again.keep(next);
  const both = { ...half, text: "My chest\n\nhurts", about: "me" };
  deepEqual(await recalled(again, next), both);
  await settled();
  deepEqual(await recalled(drafts("riverside", () => 0)), both);
});

test("older words that come while a message is on its way stay kept beside it, and come into the box after it: once", async () => {
  browser();
  await drafts("riverside", () => 0).keep(half);
  const again = drafts("riverside", () => 0);
  const sent = { ...emptyDraft, text: "hurts", about: "me" };
  again.keep(sent);
  equal(await recalled(again, false), null);
  await settled();
  deepEqual(await recalled(drafts("riverside", () => 0)), { ...half, text: "My chest\n\nhurts", about: "me" }, "not sent yet");
  await again.forget();
  deepEqual(await recalled(drafts("riverside", () => 0)), half, "sent, and never once more");
  deepEqual([await recalled(again, { ...sent, text: "" }), await recalled(again)], [{ ...half, about: "me" }, null]);
  await settled();
  await again.keep(emptyDraft);
  equal(await recalled(drafts("riverside", () => 0)), null);
});

test("what waits to be written takes no older words away that came into the box meanwhile", async () => {
  browser();
  await drafts("riverside", () => 0).keep(half);
  const again = drafts("riverside", () => 0);
  again.keep({ ...emptyDraft, text: "hurts" });
  equal(await recalled(again, false), null);
  again.forget();
  deepEqual(await recalled(again), half);
  await settled();
  deepEqual(await recalled(drafts("riverside", () => 0)), half);
});

test("of what is typed quickly the last is kept", async () => {
  browser();
  const draft = drafts("riverside", () => 0);
  for (const text of ["M", "My", "My chest"]) draft.keep({ ...half, text });
  await settled();
  deepEqual(await recalled(drafts("riverside", () => 0)), half);
});

test("another tab's draft stays its own, and the key of one that is gone is swept out after a day", async () => {
  const device = browser();
  await drafts("riverside", () => 0).keep(half);
  device.kept.removeItem("securemsg:riverside:draft"); // that tab was closed
  equal(await recalled(drafts("riverside", () => hour)), null);
  equal(device.databases.size, 1);
  equal(await recalled(drafts("riverside", () => 25 * hour)), null);
  equal(device.databases.size, 0);
});

test("where storage is refused a draft is no trouble", async () => {
  browser(true);
  const draft = drafts("riverside", () => 0);
  await draft.keep(half);
  equal(await recalled(draft), null);
});
