import type { Json } from "../../lib/json.ts";
import { isJsonObject } from "../../lib/json.ts";
import type { SecretBox } from "../../lib/secret-box.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database } from "../../store/client.ts";
import { hasTables } from "../../store/import/links.ts";
import { LocalError } from "../errors.ts";
import { automations } from "./automations.ts";
import { blockDocuments, blockSchemas, blockTypes } from "./blocks.ts";
import { flows, limits, pools, searches, variables } from "./configuration.ts";
import { contextOf } from "./context.ts";
import { readProgress, removeProgress, writeProgress } from "./cursor.ts";
import { deployments } from "./deployments.ts";
import { artifacts, collections, events, logs } from "./records.ts";
import { flowRuns } from "./runs.ts";
import { NotThere, type Source } from "./source.ts";
import type { Stage } from "./stage.ts";
import { type Tally, talliesOf, talliesToJson } from "./tally.ts";
import { loneTaskRuns } from "./task-runs.ts";

/** What refers comes after what it refers to. Automations are last, so that no imported event fires one. */
export const stages: readonly Stage[] = [
  flows,
  pools,
  limits,
  blockTypes,
  blockSchemas,
  blockDocuments,
  variables,
  searches,
  deployments,
  flowRuns,
  loneTaskRuns,
  artifacts,
  collections,
  logs,
  events,
  automations,
];

export interface ImportOptions {
  readonly source: Source;
  readonly db: Database;
  readonly box: SecretBox;
  readonly now: Micros;
  /** How long ago the first runs are that are imported; null: none. */
  readonly runsFor: Micros | null;
  readonly isDryRun: boolean;
  /** The cursor file. */
  readonly cursor: string;
  readonly onProgress?: (kind: string, count: number) => void;
  /** Called after each page, when what was stored of it is noted. */
  readonly onPage?: (stage: string) => void;
  readonly onStage?: (stage: string) => void;
}

export interface ImportResult {
  readonly tallies: ReadonlyMap<string, Tally>;
  readonly remarks: readonly string[];
}

/** Imports everything, or goes on with an import of the same source that was killed; returns what it found. */
export async function runImport(options: ImportOptions): Promise<ImportResult> {
  const { source, isDryRun, cursor, now } = options;
  await checkVersion(source);
  const before = isDryRun ? undefined : readProgress(cursor);
  if (before !== undefined && before.from !== source.url)
    throw new LocalError(`${cursor} is of an import from ${before.from}: delete it, or name another one with --cursor.`);
  if (before !== undefined && (before.since === null) !== (options.runsFor === null))
    throw new LocalError(
      `${cursor} is of an import ${before.since === null ? "without" : "with"} --runs: go on with that one, or delete it.`,
    );
  const since = before === undefined ? (options.runsFor === null ? null : now - options.runsFor) : before.since;
  const tallies = talliesOf(before?.tallies);
  const mapped = mapOf(before?.mapped);
  const remarks: string[] = [];
  const context = contextOf({
    ...options,
    since,
    isEmpty: isDryRun && !(await hasTables(options.db)),
    tallies,
    mapped,
    onProgress: options.onProgress ?? (() => {}),
    remark: (line) => remarks.push(line),
  });
  const done = [...(before?.done ?? [])];
  const save = (position: { stage: string; at: Json } | null): void => {
    if (isDryRun) return;
    const state = {
      from: source.url,
      since,
      done,
      position,
      tallies: talliesToJson(tallies),
      mapped: Object.fromEntries(mapped),
    };
    writeProgress(cursor, state);
  };
  for (const stage of stages) {
    if (done.includes(stage.name)) continue;
    const kept = before?.position?.stage === stage.name ? before.position.at : undefined;
    for await (const at of stage.run(context, kept)) {
      if (stage.isLong) save({ stage: stage.name, at });
      options.onPage?.(stage.name);
    }
    done.push(stage.name);
    save(null);
    options.onStage?.(stage.name);
  }
  if (!isDryRun) removeProgress(cursor);
  return { tallies, remarks };
}

async function checkVersion(source: Source): Promise<void> {
  const version = await source.get("/admin/version").catch((error: unknown) => {
    if (error instanceof NotThere) return null;
    throw error;
  });
  if (typeof version !== "string")
    throw new LocalError(`${source.url} does not tell its version: is this the address of a Prefect API, with /api at its end?`);
  const [major, minor] = version.split(".").map(Number);
  if (major !== 3 || minor === undefined || minor < 2)
    throw new LocalError(`${source.url} is Prefect ${version}: an import is from 3.2 or newer.`);
}

function mapOf(json: unknown): Map<string, string> {
  const entries = isJsonObject(json) ? Object.entries(json) : [];
  return new Map(entries.map(([from, to]) => [from, String(to)]));
}
