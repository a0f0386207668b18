// Which calls opening a conversation makes, and what counts as an answer.
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { connect, newKey } from "../src/frame/api.ts";
import { browser } from "./world.ts";

type Call = { method: string; path: string; headers: Record<string, string> };

function service(...answers: (Response | Error)[]) {
  const calls: Call[] = [];
  const memory = browser().memory();
  const api = connect({ clinic: "riverside", session: "cookie; cross-site" }, memory, (async (path: string, init: any) => {
    calls.push({ method: init.method, path, headers: init.headers });
    const answer = answers.shift()!;
    if (answer instanceof Error) throw answer;
    return answer;
  }) as typeof fetch);
  return { api, calls, memory, asked: () => calls.map(({ method, path }) => `${method} ${path}`), wishes: () => calls.map(({ headers }) => headers["Securemsg-Session"]) };
}

const json = (status: number, body: unknown, headers = {}) => new Response(JSON.stringify(body), { status, headers });
const opened = { conversation: { id: "c", reference: "K7-4QX2" }, message: { seq: 1 } };
const open = "/v1/clinics/riverside/conversations";

test("a cookie that the browser keeps is enough: one opening, one look", async () => {
  const { api, asked, wishes, memory } = service(json(201, opened), json(200, {}));
  deepEqual((await api.open("{}", "key")).body, opened);
  deepEqual([asked(), wishes(), memory.get("token")], [[`POST ${open}`, "GET /v1/conversation"], ["cookie; cross-site", undefined], null]);
});

test("a cookie that the browser drops: the same opening again for a token, with the same key", async () => {
  const { api, asked, wishes, calls, memory } = service(json(201, opened), json(401, {}), json(201, { ...opened, token: "smv_riverside_x" }));
  equal((await api.open("{}", "key")).status, 201);
  deepEqual([asked(), wishes()], [[`POST ${open}`, "GET /v1/conversation", `POST ${open}`], ["cookie; cross-site", undefined, "bearer"]]);
  deepEqual([calls[0]!.headers["Idempotency-Key"], calls[2]!.headers["Idempotency-Key"], memory.get("token")], ["key", "key", "smv_riverside_x"]);
});

test("an opening whose session could not be looked at is not answered yet", async () => {
  for (const unclear of [new Error("offline"), json(503, {}), json(429, {})]) {
    equal((await service(json(201, opened), unclear).api.open("{}", "key")).status, 0);
  }
});

test("a refused opening is given back as it is", async () => {
  const { api, asked } = service(json(422, { detail: "Closed." }));
  deepEqual([await api.open("{}", "key"), asked().length], [{ status: 422, body: { detail: "Closed." }, retryAfter: 0 }, 1]);
});

test("a token goes into a header, and the clinic's name goes with every call", async () => {
  const { api, calls, memory } = service(json(200, {}));
  memory.set("token", "smv_riverside_x");
  await api.conversation();
  deepEqual(calls[0]!.headers, { "Securemsg-Clinic": "riverside", Authorization: "Bearer smv_riverside_x" });
});

test("no answer, and half an answer, are status 0", async () => {
  equal((await service(new TypeError("Failed to fetch")).api.send("{}", "key")).status, 0);
  equal((await service(new Response('{"message": {"se', { status: 201 })).api.send("{}", "key")).status, 0);
});

test("a proxy's page in place of a problem keeps its status", async () => {
  deepEqual(await service(new Response("<h1>Too large</h1>", { status: 413 })).api.send("{}", "key"), { status: 413, body: null, retryAfter: 0 });
});

test("Retry-After is passed on", async () => {
  equal((await service(json(429, {}, { "Retry-After": "7" })).api.send("{}", "key")).retryAfter, 7);
});

test("keys are 144 random bits that fit a header", () => {
  const keys = new Set(Array.from({ length: 1000 }, newKey));
  equal(keys.size, 1000);
  for (const key of keys) match(key, /^[A-Za-z0-9_-]{24}$/);
});
