// Bundle the widget into ../securemsg/static/widget/: hashed names, a manifest, the same bytes every time.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const catalogue = join(here, "..", "securemsg", "words"); // one folder a language; what the frame says is its frame.json
const served = join(here, "..", "securemsg", "static", "widget");
const tested = join(here, "node_modules", ".test");

// One row for each thing a browser loads. `hashed` names change with the content and may be cached for ever;
// the loader's name is stable, because it stands in the pages of clinics.
const entries = [
  { name: "widget.js", from: "src/element.ts", hashed: false },
  // Before whoever asks for them by their hashed names: what is fetched once the visitor starts to write, or later.
  { name: "talk.js", from: "src/frame/talk.ts", hashed: true, format: "esm" },
  { name: "log.js", from: "src/frame/log.ts", hashed: true, format: "esm" },
  { name: "front.js", from: "src/frame/front.ts", hashed: true, format: "esm" },
  { name: "forms.js", from: "src/frame/forms.ts", hashed: true, format: "esm" },
  { name: "pieces.js", from: "src/frame/pieces.ts", hashed: true, format: "esm" },
  { name: "safety.js", from: "src/frame/safety.ts", hashed: true, format: "esm" },
  { name: "guard.js", from: "src/frame/guard.ts", hashed: true, format: "esm" },
  { name: "places.js", from: "src/frame/places.ts", hashed: true, format: "esm" },
  { name: "check.js", from: "src/frame/check.ts", hashed: true, format: "esm" },
  { name: "unsent.js", from: "src/frame/unsent.ts", hashed: true, format: "esm" },
  { name: "keep.js", from: "src/frame/keep.ts", hashed: true, format: "esm" },
  { name: "solver.js", from: "src/frame/solver.ts", hashed: true },
  { name: "proof.js", from: "src/frame/proof.ts", hashed: true, format: "esm" },
  { name: "frame.js", from: "src/frame/main.ts", hashed: true, format: "esm" },
  { name: "frame.css", from: "src/frame/style.css", hashed: true },
  { name: "return.js", from: "src/return.ts", hashed: true },
  { name: "staff.js", from: "src/staff/staff.ts", hashed: true },
  { name: "staff.css", from: "src/staff/style.css", hashed: true },
  // A language is one file of words; English comes with the parts.
  ...languages().map((language) => ({ name: `words-${language}.json`, from: join(catalogue, language, "frame.json"), hashed: true })),
];

const options = {
  absWorkingDir: here,
  bundle: true,
  write: false,
  charset: "utf8",
  format: "iife",
  legalComments: "none",
  logLevel: "warning",
  target: ["es2022"],
  tsconfigRaw: "{}", // what is checked in tsconfig.json must not change what is built
  plugins: [{ name: "css-as-text", setup: cssAsText }, { name: "english-words", setup: englishWords }],
};

if (process.argv.includes("--test")) await buildTests();
else await buildBundle(served);

async function buildBundle(target) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const manifest = {};
  for (const entry of entries.filter(({ from }) => existsSync(resolve(here, from)))) {
    const bytes = await bundled(entry, manifest);
    manifest[entry.name] = entry.hashed ? withHash(entry.name, bytes) : entry.name;
    writeFileSync(join(target, manifest[entry.name]), bytes);
  }
  writeFileSync(join(target, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

async function bundled({ from, format = options.format }, manifest) {
  if (from.endsWith(".json")) return JSON.stringify(byPart(from));
  const css = from.endsWith(".css");
  const define = Object.fromEntries(Object.entries(manifest).map(([name, built]) => [name.split(".")[0].toUpperCase(), JSON.stringify(`./${built}`)]));
  // Style sheets keep light-dark() and logical properties as written: every browser the script supports has them.
  const result = await build({ ...options, format, define, entryPoints: [from], minify: true, ...(css && { target: ["esnext"] }) });
  return result.outputFiles[0].contents;
}

// A style sheet that a script imports arrives as minified text.
function cssAsText({ onLoad }) {
  onLoad({ filter: /\.css$/, namespace: "file" }, async ({ path }) => {
    const css = readFileSync(path, "utf8");
    if (path.endsWith("style.css")) return { contents: css, loader: "css" };
    const { code } = await transform(css, { loader: "css", minify: true, target: ["esnext"] });
    return { contents: code.trim(), loader: "text" };
  });
}

// `words:talk` is what the talk part says, in English.
function englishWords({ onResolve, onLoad }) {
  onResolve({ filter: /^words:/ }, ({ path }) => ({ path: path.split(":")[1], namespace: "words" }));
  onLoad({ filter: /./, namespace: "words" }, ({ path }) => ({ contents: JSON.stringify(byPart(join(catalogue, "en", "frame.json"))[path]), loader: "json" }));
}

// {"talk.endNo": "Keep"} as {talk: {endNo: "Keep"}}
function byPart(file) {
  const parts = {};
  for (const [name, words] of Object.entries(JSON.parse(readFileSync(file, "utf8")))) {
    const [, part, word] = /^(\w+)\.(.+)/.exec(name);
    (parts[part] ??= {})[word] = words;
  }
  return parts;
}

function withHash(name, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  return name.replace(/\.(\w+)$/, `-${hash}.$1`);
}

function languages() {
  return readdirSync(catalogue).filter((language) => language !== "en" && existsSync(join(catalogue, language, "frame.json"))).sort();
}

// Node's own runner takes JavaScript only before Node 22.18, so the tests are bundled too.
async function buildTests() {
  rmSync(tested, { recursive: true, force: true });
  await buildBundle(join(tested, "bundle")); // its size is tested
  const entryPoints = readdirSync(join(here, "test")).filter((file) => file.endsWith(".test.ts")).map((file) => `test/${file}`);
  const node = { platform: "node", format: "esm", target: ["node20"], write: true, outExtension: { ".js": ".mjs" } };
  await build({ ...options, ...node, entryPoints, outdir: tested });
}
