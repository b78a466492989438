import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parse } from "smol-toml";
import { LocalError } from "./errors.ts";

export const ROOT = join(import.meta.dirname, "../..");

/** The settings of wrangler.toml that affect how the Worker runs. */
export type WorkerConfig = { main: string; compatibilityDate: string; compatibilityFlags: string[]; crons: string[] };

const fromHere = createRequire(import.meta.url);
// esbuild and workerd are wrangler's dependencies, in the versions that it deploys with: resolved from there, wherever npm
// installs them.
const fromWrangler = () => createRequire(fromHere.resolve("wrangler/package.json"));

/**
 * Returns the path of what a container image made at its build (`image.ts`), since it has no packages to make it with; undefined in a
 * clone.
 */
export function prebuilt(name: "worker.mjs" | "openapi.json"): string | undefined {
  const path = join(ROOT, "prebuilt", name);
  return existsSync(path) ? path : undefined;
}

/** Returns the path of wrangler's workerd binary, in an image that of the package alone. */
export function workerdPath(): string {
  const from = prebuilt("worker.mjs") === undefined ? createRequire(fromWrangler().resolve("miniflare/package.json")) : fromHere;
  const exported: { default: unknown } = from("workerd");
  if (typeof exported.default !== "string") throw new LocalError("The package workerd brings no binary for this machine.");
  return exported.default;
}

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === "string") : []);

/** Returns the Worker's settings in wrangler.toml; throws for invalid TOML and for missing settings. */
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

/** Bundles the Worker into one module, with wrangler's conditions for resolving packages. */
export async function bundleWorker(entry: string, outfile: string): Promise<void> {
  const esbuild: Pick<typeof import("esbuild"), "build" | "stop"> = fromWrangler()("esbuild");
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
  // Otherwise esbuild's service process runs as long as this process.
  await esbuild.stop();
}
