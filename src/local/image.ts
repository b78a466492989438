import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { isJsonObject, objectOf } from "../lib/json.ts";
import { describeApi } from "./description/index.ts";
import { LocalError, runCommand } from "./errors.ts";
import { bundleWorker, ROOT, readWorkerConfig } from "./worker-bundle.ts";

/** What the image needs beside the production packages: what serves the Worker, and the page of the API's description. */
const alsoNeeded = /^(workerd|@cloudflare\/workerd-[^/]+|swagger-ui-dist)$/;
/** The image has a Node of its own; types are for development, and the native database is for `file:` addresses. */
const unneeded = /^(node-(bin-)?(linux|darwin)-[^/]+|libsql|@libsql\/(linux|darwin|win32)-[^/]+|@types\/.+)$/;
const sources = ["package.json", "wrangler.toml", "migrations", "src"];

/** Writes into a folder what a container image runs: the sources, the packages that they need, and what is made of them once. */
await runCommand(async () => {
  const [into] = process.argv.slice(2);
  if (into === undefined) throw new LocalError("Say into which folder: node src/local/image.ts FOLDER");
  const folder = resolve(into);
  mkdirSync(join(folder, "prebuilt"), { recursive: true });
  for (const path of [...sources, ...packagePaths()]) copy(path, folder);
  await bundleWorker(readWorkerConfig().main, join(folder, "prebuilt/worker.mjs"));
  const scratch = mkdtempSync(join(tmpdir(), "milliways-image-"));
  try {
    writeFileSync(join(folder, "prebuilt/openapi.json"), await describeApi(scratch));
  } finally {
    rmSync(scratch, { recursive: true });
  }
});

function copy(path: string, folder: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  cpSync(join(ROOT, path), join(folder, path), { recursive: true, filter: (file) => !file.endsWith(".map") });
}

// By the lock file: packages for other platforms are in it, but not installed.
function packagePaths(): string[] {
  const lock: unknown = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  const packages = Object.entries(objectOf(objectOf(lock).packages));
  return packages.flatMap(([path, entry]) => {
    const name = path.split("node_modules/").at(-1) ?? "";
    const isProduction = isJsonObject(entry) && entry.dev !== true && entry.devOptional !== true && !unneeded.test(name);
    return path !== "" && (isProduction || alsoNeeded.test(name)) && existsSync(join(ROOT, path)) ? [path] : [];
  });
}
