// Whatever somebody writes stays text: nothing becomes markup, and only harmless addresses become links.
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { shape } from "./page.ts";
import { h } from "../src/frame/h.ts";
import { content, happening, who } from "../src/frame/log.ts";
import { phone, text } from "../src/frame/parts.ts";

const web = (href: string) => ["a", { href, target: "_blank", rel: "noopener noreferrer" }, href];

const texts: [string, unknown[]][] = [
  ["Hello", ["Hello"]],
  ["", []],
  ["See https://example.org/a?b=1#c.", ["See ", web("https://example.org/a?b=1#c"), "."]],
  ["(http://example.org), then", ["(", web("http://example.org"), "), then"]],
  ["tel:+15550100 or mailto:a@b.org", [["a", { href: "tel:+15550100" }, "tel:+15550100"], " or ", ["a", { href: "mailto:a@b.org" }, "mailto:a@b.org"]]],
  ["javascript:alert(1)", ["javascript:alert(1)"]],
  ["data:text/html,<script>alert(1)</script>", ["data:text/html,<script>alert(1)</script>"]],
  ["<img src=x onerror=alert(1)>", ["<img src=x onerror=alert(1)>"]],
  ['<a href="https://example.org">x</a>', ['<a href="', web("https://example.org"), '">x</a>']],
  ["https://", ["https://"]],
];
for (const [written, drawn] of texts) test(`"${written}" is drawn as it is`, () => deepEqual(shape(text(written)), drawn));

for (const href of ["javascript:alert(1)", " javascript:alert(1)", "JaVaScRiPt:1", "data:text/html,x", "vbscript:x", "blob:x", "//evil.example", "/\\evil.example", "/\t/evil.example", "https:x"]) {
  test(`"${href}" never becomes an address`, () => deepEqual(shape(h("a", { href }, "x")), ["a", {}, "x"]));
}

test("no attribute can carry script, style or a document", () => {
  deepEqual(shape(h("iframe", { onload: "alert(1)", ONCLICK: "x", style: "x", srcdoc: "<p>", title: "ok" })), ["iframe", { title: "ok" }]);
});

test("false, null and undefined are left out; true is an empty attribute", () => {
  deepEqual(shape(h("p", { hidden: true, lang: null, dir: undefined, id: false }, null, false, "x")), ["p", { hidden: "" }, "x"]);
});

test("a phone number is called without its spaces", () => deepEqual(shape(phone("+1 (555) 010-0199")), ["a", { href: "tel:+15550100199" }, ["bdi", {}, "+1 (555) 010-0199"]]));

const said = { kind: "text", data: { text: "Hello" }, verified: true, author: { kind: "staff" as const, name: "Ana", role: null } };
test("a message that could not be verified shows nothing of itself", () => {
  equal(`${shape(content({ kind: "text", data: { text: "forged" }, verified: false }))}`.includes("forged"), false);
});
test("a message that was removed says so, and that it is no fault", () => {
  const [line] = shape(content({ kind: "removed", data: {} as object, verified: true })) as string[][];
  deepEqual(line, ["em", {}, "This message was removed."]);
});
test("a kind that this frame does not know is said to be so", () => equal((shape(content({ kind: "text", data: { slots: 3 } as object, verified: true })) as string[][])[0]![0], "em"));
test("what happened is told in a line, what was said is not", () => {
  equal(happening(said), undefined);
  const claimed = { ...said, kind: "system.claimed", data: { name: "Ana $& Ruiz", role: "Nurse" } };
  deepEqual(shape(happening(claimed)), ["Your message is now with ", ["bdi", {}, "Ana $& Ruiz, Nurse"], "."]);
  ok(happening({ ...said, kind: "system.closed", data: {} }));
  equal(happening({ ...said, kind: "system.something" }), undefined);
});
test("a name cannot turn the direction of what follows", () => equal(who({ name: "\u202eanA\u2066", role: "Nurse" }), "anA, Nurse"));
