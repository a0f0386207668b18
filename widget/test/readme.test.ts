// What the README says of the element is what the element has.
import { deepEqual, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const widget = new URL("../../", import.meta.url); // from node_modules/.test/
const file = (name: string): string => readFileSync(new URL(name, widget), "utf8");
const [readme, script, style] = ["README.md", "src/element.ts", "src/element.css"].map(file) as [string, string, string];

function found(text: string, ...patterns: RegExp[]): string[] {
  return [...new Set(patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name]) => name!)))].sort();
}

function table(heading: string): string[] {
  return found(readme.split(`| ${heading} |`)[1]!.split("\n\n")[0]!, /^\| `([^`]+)`/gm);
}

test("attributes", () => deepEqual(table("Attribute"), found(script + style, /(?:get|has)Attribute\("(\w+)"/g, /observedAttributes = \["(\w+)"/g, /:host\(\[(\w+)\]/g)));
test("events", () => deepEqual(table("Event"), found(script, /say\((?:open \? )?"(\w+)"/g, /"(closed)"/g, /"(unread)"/g).map((name) => `securemessage:${name}`)));
test("CSS variables", () => deepEqual(table("CSS variable"), found(style, /(--securemsg-\w+)/g)));
test("files", () => {
  for (const name of readdirSync(new URL("src/frame/", widget))) ok(readme.includes(`\`${name}\``) || name === "types.ts" || readme.includes(`/${name}\``), name);
});
