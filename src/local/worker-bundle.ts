import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parse } from "smol-toml";
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

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === "string") : []);

/** Returns what wrangler.toml says of the Worker; throws where it is no TOML or lacks what every Worker has. */
export function readWorkerConfig(text: string = readFileSync(join(ROOT, "wrangler.toml"), "utf8")): WorkerConfig {
  const { main, compatibility_date, compatibility_flags, triggers } = parse(text);
  if (typeof main !== "string" || typeof compatibility_date !== "string")
    throw new LocalError("wrangler.toml lacks main or compatibility_date.");
  const crons = typeof triggers === "object" && "crons" in triggers ? triggers.crons : [];
  return {
    main: join(ROOT, main),
    compatibilityDate: compatibility_date,
    compatibilityFlags: strings(compatibility_flags),
    crons: strings(crons),
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
