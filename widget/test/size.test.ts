// What a visitor's phone has to fetch, gzipped; the numbers are promises, see README.md.
import { ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const bundle = new URL("bundle/", import.meta.url);
const template = new URL("../../../securemsg/templates/frame.html", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("manifest.json", bundle), "utf8"));
const size = (bytes: unknown) => gzipSync(bytes, { level: 9 }).length;
const file = (name: string) => size(readFileSync(new URL(manifest[name], bundle)));
// Without the template's own comments and logic, which are not sent.
const markup = size(readFileSync(template, "utf8").replace(/\{[#%][^]*?[#%]\}/g, ""));

const promises: [string, number, () => number][] = [
  ["the loader, on every page of a clinic", 2200, () => file("widget.js")],
  ["the frame that is ready to type in: markup, style, script", 10_000, () => markup + file("frame.css") + file("frame.js")],
  ["a running conversation, fetched when she starts to write", 3_000, () => file("talk.js")],
  ["its transcript, fetched with it", 3_000, () => file("log.js")],
  ["what sends, fetched with it", 3_000, () => file("unsent.js")],
  ["what looks it over, fetched with it", 3_000, () => file("check.js")],
  ["what the clinic's plugins say before a conversation", 3_000, () => file("front.js")],
  ["a form in place of the box", 3_000, () => file("forms.js")],
  ["what messages are made of besides words", 3_000, () => file("pieces.js")],
  ["the safety notice", 3_000, () => file("guard.js")],
  ["its list of words", 3_000, () => file("safety.js")],
  ["a code for another device, and where the conversation is open", 3_000, () => file("places.js")],
  ["what keeps, fetched with it", 3_000, () => file("keep.js")],
  ["a proof of work, fetched when there is a lot going on", 3_000, () => file("proof.js") + file("solver.js")],
];
for (const name of Object.keys(manifest).filter((each) => each.startsWith("words-"))) promises.push([`a language, ${name}`, 3_000, () => file(name)]);
for (const [what, most, measure] of promises) {
  test(`${what}: at most ${most} bytes`, () => ok(measure() <= most, `${measure()} bytes`));
}
