// The proof of work is SHA-256, and quick enough for an old telephone.
import { equal, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { hasher, solve } from "../src/frame/solve.ts";
import { cpu } from "./cpu.ts";

const hex = (words: Int32Array) => [...words].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
const sha256 = (text: string) => createHash("sha256").update(text).digest();

test("it is SHA-256, whatever the length", () => {
  for (let length = 0; length < 200; length++) {
    const prefix = "ä".repeat(length >> 2) + "x".repeat(length & 3);
    for (const end of ["", "0", "1234567", "9007199254740991"]) equal(hex(hasher(prefix)(end)), sha256(prefix + end).toString("hex"), `${length} ${end}`);
  }
});

test("one hasher can be asked again", () => {
  const hash = hasher("a".repeat(60));
  for (const end of ["12345678", "1", "12345678"]) equal(hex(hash(end)), sha256("a".repeat(60) + end).toString("hex"));
});

for (const bits of [0, 1, 8, 13, 16]) {
  test(`${bits} zero bits, and no smaller number has them`, () => {
    const challenge = `16.1700000000.AAAAAAAAAAAAAAAA.${bits}`;
    const zero = (n: number) => sha256(`${challenge}.${n}`).readUInt32BE() >>> 0 < 2 ** (32 - bits);
    const found = solve(challenge, bits);
    ok(zero(found));
    for (let n = 0; n < found; n++) ok(!zero(n), `${n}`);
  });
}

test("a million hashes take seconds", () => {
  const challenge = `20.1700000000.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAA`;
  const hash = hasher(`${challenge}.`);
  const theirs = () => { for (let n = 0; n < 50_000; n++) sha256(`${challenge}.${n}`); };
  const ours = () => { for (let n = 0; n < 50_000; n++) hash(`${n}`); };
  const [mine, native] = [cpu(ours), cpu(theirs)];
  ok(mine < 3 * native, `${mine} ms for 50,000, where Node's own takes ${native}`);
});
