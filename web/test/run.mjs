// Runs the tests of test/unit or test/browser with node's own runner, bundled into one file by esbuild: node 18 reads
// no TypeScript, and one file shares one browser.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const suite = process.argv[2] ?? "unit";
const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
if (suite === "browser" && !chromium) {
  console.log("skipped: no Chromium is installed (Debian: apt-get install chromium)");
  process.exit(77);
}
const resolveDir = join(here, suite);
const sources = readdirSync(resolveDir).filter((name) => name.endsWith(".test.ts"));
const contents = sources.map((name) => `import "./${name}";`).join("\n");
const folder = mkdtempSync(join(here, "../node_modules/.tests-")); // here, so that packages are found
try {
  const outfile = join(folder, "all.mjs");
  const target = { bundle: true, platform: "node", format: "esm", packages: "external", sourcemap: "inline", outfile };
  await build({ stdin: { contents, resolveDir, loader: "ts" }, ...target, logLevel: "error" });
  const reporter = process.version.startsWith("v18.") ? [] : ["--test-reporter=spec"];
  const options = ["--enable-source-maps", "--test", ...reporter, outfile];
  const { status } = spawnSync(process.execPath, options, { stdio: "inherit", env: { ...process.env, CHROMIUM: chromium ?? "" } });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
