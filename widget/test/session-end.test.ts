// When a page says that its session ends: two minutes before, every second from then on, and after it.
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { standing } from "../src/staff/session-end.ts";

const second = 1_000_000;
const now = 1_700_000_000 * second;
const lasts: [number, ReturnType<typeof standing>][] = [
  [900, { phase: "quiet", wait: 780 * second }],
  [120.5, { phase: "quiet", wait: 0.5 * second }],
  [120, { phase: "warned", wait: second }],
  [60.25, { phase: "warned", wait: 0.25 * second }],
  [0.5, { phase: "warned", wait: 0.5 * second }],
  [0, { phase: "over", wait: 5 * second }],
  [-900, { phase: "over", wait: 5 * second }],
];

for (const [seconds, expected] of lasts) {
  test(`a session that lasts ${seconds} seconds more`, () => deepEqual(standing(now + seconds * second, now), expected));
}
