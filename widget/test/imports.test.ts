// The sources know each other one way only: no file can be reached from itself, by what it runs or by its types.
import { deepEqual, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const src = new URL("../../src/", import.meta.url); // from node_modules/.test/
const sources: string[] = readdirSync(src, { recursive: true }).filter((name: string) => /\.tsx?$/.test(name) && !name.endsWith(".d.ts"));
const imports = /(?:\bfrom|\bimport\(?)\s*"(\.[^"]+\.ts)"/g; // also of types alone, and import("./talk.ts")

/** The names of the files that a text imports, as they stand from `src/`; `name` is whose text it is. */
function imported(text: string, name: string): string[] {
  return [...text.matchAll(imports)].map(([, path]) => new URL(path!, new URL(name, "file:///")).pathname.slice(1));
}

/** The first circle that is found, from a file back to itself; nothing where there is none. */
function circle(known: Map<string, string[]>): string[] {
  const done = new Set<string>();
  function from(name: string, path: string[]): string[] {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return [];
    for (const next of known.get(name) ?? []) {
      const found = from(next, [...path, name]);
      if (found.length) return found;
    }
    done.add(name);
    return [];
  }
  return [...known.keys()].map((name) => from(name, [])).find(({ length }) => length) ?? [];
}

test("no source imports itself, however far around", () => {
  const known = new Map(sources.map((name) => [name, imported(readFileSync(new URL(name, src), "utf8"), name)]));
  const count = [...known.values()].flat();
  ok(known.size > 60 && count.length > 150, "hardly anything was looked at");
  deepEqual(count.filter((name) => !known.has(name)), [], "imported, and not among the sources");
  deepEqual(circle(known), []);
});

test("a circle of types and of what is fetched later would be found", () => {
  const texts = { "a.ts": 'import type { B } from "./b.ts";', "b.ts": 'type C = typeof import("./c/c.ts");', "c/c.ts": 'import "../a.ts";' };
  deepEqual(circle(new Map(Object.entries(texts).map(([name, text]) => [name, imported(text, name)]))), ["a.ts", "b.ts", "c/c.ts", "a.ts"]);
});
