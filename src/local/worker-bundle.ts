import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { LocalError } from "./errors.ts";

export const ROOT = join(import.meta.dirname, "../..");

/** The part of wrangler.toml that decides how the Worker runs. */
export type WorkerConfig = { main: string; compatibilityDate: string; compatibilityFlags: string[]; crons: string[] };

// esbuild and workerd come with wrangler, in the versions that it deploys with: found from there, wherever npm puts them.
const fromWrangler = createRequire(createRequire(import.meta.url).resolve("wrangler/package.json"));
const fromMiniflare = createRequire(fromWrangler.resolve("miniflare/package.json"));

/** Returns the path of the workerd binary that wrangler brings. */
export function workerdPath(): string {
  const exported: { default: unknown } = fromMiniflare("workerd");
  if (typeof exported.default !== "string") throw new LocalError("The package workerd brings no binary for this machine.");
  return exported.default;
}

/** Reads wrangler.toml: only single-line strings and lists of strings, which is all that file has. */
export function readWorkerConfig(toml: string = readFileSync(join(ROOT, "wrangler.toml"), "utf8")): WorkerConfig {
  const value = (key: string) => new RegExp(`^${key}\\s*=\\s*(.+)$`, "m").exec(toml)?.[1] ?? "";
  const strings = (key: string) => [...value(key).matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? "");
  const [main] = strings("main");
  const [compatibilityDate] = strings("compatibility_date");
  if (!main || !compatibilityDate) throw new LocalError("wrangler.toml lacks main or compatibility_date.");
  return {
    main: join(ROOT, main),
    compatibilityDate,
    compatibilityFlags: strings("compatibility_flags"),
    crons: strings("crons"),
  };
}

/** Bundles the Worker into one module, with the conditions under which wrangler resolves packages. */
export async function bundleWorker(entry: string, outfile: string): Promise<void> {
  const esbuild: Pick<typeof import("esbuild"), "build" | "stop"> = fromWrangler("esbuild");
  await esbuild.build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    target: "es2024",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    loader: { ".sql": "text" },
    logLevel: "error",
  });
  // Its service would stay as long as this process.
  await esbuild.stop();
}
