import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { bundleWorker, readWorkerConfig } from "../../src/local/worker-bundle.ts";
import { freshDatabase } from "./database.ts";

/** The bundled Worker in workerd, on a database of its own. */
export interface TestWorker {
  /** `http://127.0.0.1:PORT/api`. */
  readonly url: string;
  readonly databaseUrl: string;
  /** What the Worker logged, line by line. */
  readonly log: () => Record<string, unknown>[];
  readonly post: (path: string, body: unknown) => Promise<Response>;
  readonly dispose: () => Promise<void>;
}

let bundle: Promise<string> | undefined;

async function bundled(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "milliways-bundle-"));
  try {
    await bundleWorker(readWorkerConfig().main, join(folder, "worker.mjs"));
    return readFileSync(join(folder, "worker.mjs"), "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Starts the Worker as it would be deployed; bindings are added to those of a person's own machine. */
export async function startWorker(bindings: Record<string, string> = {}): Promise<TestWorker> {
  bundle ??= bundled();
  const [script, { url: databaseUrl }] = await Promise.all([bundle, freshDatabase()]);
  const { compatibilityDate, compatibilityFlags } = readWorkerConfig();
  const lines: Record<string, unknown>[] = [];
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script,
      compatibilityDate,
      compatibilityFlags,
      bindings: { TURSO_DATABASE_URL: databaseUrl, MILLIWAYS_LOCAL: "1", MILLIWAYS_LOG: "info", ...bindings },
      handleStructuredLogs: ({ message }) => void lines.push(...readLine(message)),
    }),
  );
  const ready = await miniflare.ready;
  const url = `${ready.origin}/api`;
  return {
    url,
    databaseUrl,
    log: () => lines,
    post: (path, body) =>
      fetch(`${url}${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    dispose: () => miniflare.dispose(),
  };
}

function readLine(line: string): Record<string, unknown>[] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? [{ ...value }] : [];
  } catch {
    return [];
  }
}
