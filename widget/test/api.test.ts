// What goes with every call, and what counts as an answer.
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { connect, newKey } from "../src/frame/api.ts";
import { browser } from "./world.ts";

type Call = { method: string; path: string; headers: Record<string, string> };

function service(...answers: (Response | Error)[]) {
  const calls: Call[] = [];
  const memory = browser().memory();
  const screen: { shown?: string; over: string[] } = { over: [] };
  const world = { shown: () => screen.shown, over: (why: string) => void screen.over.push(why) };
  const api = connect({ clinic: "riverside", locale: "es" }, memory, world, (async (path: string, init: any) => {
    calls.push({ method: init.method, path, headers: init.headers });
    const answer = answers.shift()!;
    if (answer instanceof Error) throw answer;
    return answer;
  }) as typeof fetch);
  return { api, calls, memory, screen };
}

const json = (status: number, body: unknown, headers = {}) => new Response(JSON.stringify(body), { status, headers });
test("a token goes into a header; the clinic's name and the visitor's language go with every call", async () => {
  const { api, calls, memory } = service(json(200, {}));
  memory.set("token", "smv_riverside_x");
  await api.conversation();
  deepEqual(calls[0]!.headers, { "Securemsg-Clinic": "riverside", "Accept-Language": "es", Authorization: "Bearer smv_riverside_x" });
});

test("every call names the conversation on the screen, and a stream does; before there is one, none does", async () => {
  const { api, calls, screen } = service(json(401, {}), json(200, {}), json(201, {}), json(200, {}));
  await api.conversation();
  screen.shown = "c1";
  await api.call("GET", "/v1/conversation/messages?after=0");
  await api.post("/v1/conversation/ticket", "{}");
  await api.stream("/v1/conversation/events", 0, new AbortController().signal);
  deepEqual(calls.map(({ headers }) => headers["Securemsg-Conversation"]), [undefined, "c1", "c1", "c1"]);
  deepEqual(screen.over, [], "that nobody is known here is no end");
});

test("a session that has become another conversation's ends what is on the screen, and says why", async () => {
  const elsewhere = { type: "https://messages.example/problems/elsewhere", detail: "Another one." };
  const { api, screen } = service(json(401, elsewhere), json(401, { type: "https://messages.example/problems/unknown", detail: "?" }), new Response("", { status: 401 }));
  screen.shown = "c1";
  for (let call = 0; call < 3; call++) await api.conversation();
  deepEqual(screen.over, ["Another one.", "", ""]);
});

test("a conversation that was closed too long ago ends on the screen, and says so; another refusal does not", async () => {
  const { api, screen } = service(json(422, { type: "https://messages.example/problems/over", detail: "Start anew." }), json(422, { type: "https://messages.example/problems/refused", detail: "?" }));
  screen.shown = "c1";
  for (let call = 0; call < 2; call++) await api.post("/v1/conversation/messages", "{}");
  deepEqual(screen.over, ["Start anew."]);
});

test("an answer that comes after the screen has gone on ends nothing", async () => {
  const { api, screen } = service(json(401, {}));
  screen.shown = "c1";
  const asked = api.conversation();
  screen.shown = "c2";
  await asked;
  deepEqual(screen.over, []);
});

test("no answer, and half an answer, are status 0", async () => {
  equal((await service(new TypeError("Failed to fetch")).api.post("/v1/conversation/opened", "{}")).status, 0);
  equal((await service(new Response('{"message": {"se', { status: 201 })).api.post("/v1/conversation/opened", "{}")).status, 0);
});

test("a proxy's page in place of a problem keeps its status", async () => {
  deepEqual(await service(new Response("<h1>Too large</h1>", { status: 413 })).api.post("/v1/conversation/opened", "{}"), { status: 413, body: null, retryAfter: 0 });
});

test("Retry-After is passed on", async () => {
  equal((await service(json(429, {}, { "Retry-After": "7" })).api.post("/v1/conversation/opened", "{}")).retryAfter, 7);
});

test("keys are 144 random bits that fit a header", () => {
  const keys = new Set(Array.from({ length: 1000 }, newKey));
  equal(keys.size, 1000);
  for (const key of keys) match(key, /^[A-Za-z0-9_-]{24}$/);
});
