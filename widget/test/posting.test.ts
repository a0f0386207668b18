// Which calls a message makes: a cookie or a token, its conversation's name, a proof of work where one is asked for.
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { posting } from "../src/frame/posting.ts";
import type { Answer } from "../src/frame/types.ts";
import { answer, browser, message } from "./world.ts";

type Call = { path: string; headers: Record<string, string>; body?: unknown };
const opening = message({ key: "key", conversation: "" });
const opened = { conversation: { id: "c", reference: "K7-4QX2" }, message: { seq: 1 } };
const open = "/v1/clinics/riverside/conversations";
const challenge = { algorithm: "SHA-256", challenge: "a.b", bits: 16, expires_at: "2026-01-01T00:00:00Z" };
const asked = answer(429, { type: "https://messages.example/problems/proof-needed", proof: challenge });

function service(...answers: Answer[]) {
  const calls: Call[] = [];
  const memory = browser().memory();
  const stop = new AbortController();
  const solved: string[] = [];
  let moments = 0;
  const next = (path: string, headers: Call["headers"], body?: unknown) => (calls.push({ path, headers, body }), Promise.resolve(answers.shift()!));
  const prove = async (_: unknown, signal: AbortSignal) => (signal.aborted ? null : (solved.push("a.b.7"), "a.b.7"));
  const post = posting({
    card: { clinic: "riverside", session: "cookie; cross-site" }, memory, prove: (...asked) => world.prove(...asked),
    busy: () => moments++, excuse: () => "Please call 911.", later: (...asked) => world.later(...asked),
    api: { call: (_method, path, body, headers = {}) => next(path, headers, body), conversation: (id) => next("/v1/conversation", { named: id! }) },
  });
  const waits: number[] = [];
  const later = (ms: number, _: () => void) => (waits.push(ms), () => void waits.pop());
  const world = { calls, memory, waits, later, solved, stop, prove: prove as (...asked: any[]) => Promise<string | null>, moments: () => moments, post: (item = opening) => post(item, stop.signal),
    wishes: () => calls.map(({ headers }) => headers["Securemsg-Session"]), proofs: () => calls.map(({ headers }) => headers["Securemsg-Proof"]) };
  return world;
}

test("a cookie that the browser keeps is enough: one opening, one look", async () => {
  const { post, calls, wishes, memory } = service(answer(201, opened), answer(200, {}));
  deepEqual((await post()).body, opened);
  deepEqual([calls.map(({ path }) => path), wishes(), memory.get("token")], [[open, "/v1/conversation"], ["cookie; cross-site", undefined], null]);
  equal(calls[1]!.headers.named, "c", "an older cookie's conversation is not taken for it");
});

test("a cookie that the browser drops: the same opening again for a token, with the same key", async () => {
  const { post, calls, wishes, memory } = service(answer(201, opened), answer(401, {}), answer(201, { ...opened, token: "smv_riverside_x" }));
  equal((await post()).status, 201);
  deepEqual(wishes(), ["cookie; cross-site", undefined, "bearer"]);
  deepEqual([calls[0]!.headers["Idempotency-Key"], calls[2]!.headers["Idempotency-Key"], memory.get("token")], ["key", "key", "smv_riverside_x"]);
  equal(calls[0]!.body, calls[2]!.body);
});

test("an opening whose session could not be looked at is not answered yet", async () => {
  for (const status of [0, 503, 429]) equal((await service(answer(201, opened), answer(status, {})).post()).status, 0);
});

test("a refused opening is given back as it is", async () => {
  const { post, calls } = service(answer(422, { detail: "Closed." }));
  deepEqual([await post(), calls.length], [answer(422, { detail: "Closed." }), 1]);
});

test("a message names the conversation that it was written in", async () => {
  const { post, calls } = service(answer(201, {}));
  await post(message({ key: "k", conversation: "c1" }));
  deepEqual(calls[0]!.headers, { "Idempotency-Key": "k", "Securemsg-Conversation": "c1" });
});

test("where a proof is asked for, the same request comes again with it", async () => {
  const { post, calls, proofs, moments } = service(asked, answer(201, opened), answer(200, {}));
  equal((await post()).status, 201);
  deepEqual([proofs(), moments()], [[undefined, "a.b.7", undefined], 1]);
  equal(calls[0]!.body, calls[1]!.body);
  deepEqual(calls[1]!.headers, { ...calls[0]!.headers, "Securemsg-Proof": "a.b.7" });
});

test("the second call of an opening is proven too, where it is asked to be", async () => {
  const { post, proofs } = service(answer(201, opened), answer(401, {}), asked, answer(201, { ...opened, token: "t" }));
  equal((await post()).body.token, "t");
  deepEqual(proofs(), [undefined, undefined, undefined, "a.b.7"]);
});

test("a challenge that expired once is answered by a fresh one, twice is the end: it says whom to call", async () => {
  const once = service(asked, asked, answer(201, opened), answer(200, {}));
  equal((await once.post()).status, 201);
  const twice = service(asked, asked, asked);
  deepEqual([await twice.post(), twice.solved.length], [answer(403, { detail: "Please call 911." }), 2]);
});

test("who cannot solve it is told whom to call", async () => {
  const slow = service(asked);
  slow.prove = async () => null;
  match((await slow.post()).body.detail, /911/);
});

test("after a minute it gives up, and says whom to call", async () => {
  const slow = service(asked);
  const waited: number[] = [];
  slow.later = (ms, act) => { waited.push(ms); act(); return () => {}; };
  match((await slow.post()).body.detail, /911/);
  deepEqual([waited, slow.solved], [[60_000], []]);
});

test("the minute begins with the first proof, and is over with the answer", async () => {
  const she = service(asked, asked, answer(201, opened), answer(200, {}));
  const begun: number[] = [];
  she.prove = async () => { begun.push(she.waits.length); return "a.b.7"; };
  await she.post();
  deepEqual([begun, she.waits], [[1, 1], []]);
  const quiet = service(answer(201, opened), answer(200, {}));
  quiet.later = () => { throw new Error("Nothing was to be solved."); };
  equal((await quiet.post()).status, 201);
});

test("discarded while it is solved: the solving ends, and nothing more is sent", async () => {
  const she = service(asked);
  she.prove = (_: unknown, signal: AbortSignal) => new Promise((done) => {
    signal.addEventListener("abort", () => done(null));
    she.stop.abort();
  });
  await she.post();
  equal(she.calls.length, 1);
});

test("browsers without AbortSignal.any and .timeout send as well, with a proof too", async (context: any) => {
  for (const name of ["any", "timeout"]) context.mock.method(AbortSignal, name, () => { throw new TypeError("not a function"); });
  equal((await service(asked, answer(201, opened), answer(200, {})).post()).status, 201);
});

test("a browser that starts no worker gives up as well", async () => {
  const she = service(asked);
  she.prove = async () => { throw new Error("SecurityError"); };
  match((await she.post()).body.detail, /911/);
});

test("nothing is solved for a message that was discarded", async () => {
  const she = service(asked);
  she.stop.abort();
  equal((await she.post()).status, 429);
  deepEqual([she.calls.length, she.solved], [1, []]);
});

test("too many without a challenge is an answer like others", async () => {
  for (const body of [{ type: "https://messages.example/problems/limited" }, null]) equal((await service(answer(429, body)).post()).status, 429);
});
