// Runs the tests of test/unit or test/browser with node's own runner: bundled by esbuild, since node 18 reads no TypeScript.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const suite = process.argv[2] ?? "unit";
const sources = readdirSync(join(here, suite)).filter((name) => name.endsWith(".test.ts"));
const outdir = mkdtempSync(join(here, "../node_modules/.tests-")); // here, so that packages are found
try {
  const entryPoints = sources.map((name) => join(here, suite, name));
  await build({ entryPoints, outdir, outExtension: { ".js": ".mjs" }, bundle: true, platform: "node", format: "esm", packages: "external", sourcemap: "inline", logLevel: "error" });
  const files = sources.map((name) => join(outdir, name.replace(".ts", ".mjs")));
  const concurrency = suite === "unit" ? [] : ["--test-concurrency=1"];
  const reporter = Number(process.versions.node.split(".")[0]) >= 20 ? ["--test-reporter=spec"] : [];
  const options = process.versions.node.startsWith("18.") ? [] : concurrency;
  const { status } = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...reporter, ...options, ...files], { stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  rmSync(outdir, { recursive: true });
}
