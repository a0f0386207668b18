// The proofs of a saved conversation: all of them, each on a line as it came, or none.
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { proofs } from "../src/frame/saved.ts";
import type { Answer } from "../src/frame/types.ts";

const receipt = (seq: number) => ({ key: "c1b9", seq, text: `line\r\n${seq} 🩺` });
const page = (next: string | null, ...seqs: number[]): Answer => ({ status: 200, body: { items: seqs.map(receipt), next }, retryAfter: 0 });

function api(...answers: Answer[]) {
  const asked: string[] = [];
  return { asked, call: async (method: string, path: string) => (asked.push(`${method} ${path}`), answers.shift()!) };
}

test("they come page by page, and stand as they came", async () => {
  const service = api(page("200", 1, 2), page(null, 201));
  deepEqual(await proofs(service), { lines: [1, 2, 201].map((seq) => JSON.stringify(receipt(seq))) });
  deepEqual(service.asked, ["0", "200"].map((after) => `GET /v1/conversation/receipts?after=${after}`));
  deepEqual((await proofs(api(page(null, 1)))).lines[0]!.startsWith('{"key":"c1b9"'), true);
});

for (const fault of [{ status: 0, body: null, retryAfter: 0 }, { status: 429, body: { detail: "Please wait." }, retryAfter: 5 }]) {
  test(`where one page fails with ${fault.status} there are none, and it is known why`, async () => {
    deepEqual(await proofs(api(page("200", 1), fault)), { lines: [], fault });
  });
}
