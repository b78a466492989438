import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { LocalError } from "../errors.ts";

/** How far an import is: written after each page, so that an import that was killed goes on. It holds ids and counts alone. */
export interface Progress {
  /** Which import this is of: the source and the first time of its runs. */
  readonly from: string;
  readonly since: number | null;
  readonly done: string[];
  readonly position: { stage: string; at: Json } | null;
  readonly tallies: Json;
  readonly mapped: Json;
}

/** Reads a cursor file; undefined where there is none. Throws LocalError where it is not one. */
export function readProgress(file: string): Progress | undefined {
  if (!existsSync(file)) return undefined;
  const progress = parse(readFileSync(file, "utf8"));
  if (progress === undefined)
    throw new LocalError(`${file} is not the cursor file of an import: name another one, or delete it.`);
  return progress;
}

function parse(text: string): Progress | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(read) || typeof read.from !== "string" || !Array.isArray(read.done)) return undefined;
  const { from, since, done, position, tallies, mapped } = read;
  return {
    from,
    since: typeof since === "number" ? since : null,
    done: done.map(String),
    position: positionOf(position),
    tallies: tallies ?? {},
    mapped: mapped ?? {},
  };
}

function positionOf(value: unknown): Progress["position"] {
  const from: JsonObject = isJsonObject(value) ? value : {};
  return typeof from.stage === "string" ? { stage: from.stage, at: from.at } : null;
}

/** Writes a cursor file, for this user alone to read: at once, so that no kill leaves a part of it. */
export function writeProgress(file: string, progress: Progress): void {
  writeFileSync(`${file}.new`, JSON.stringify(progress), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Deletes the cursor file of an import that is complete. */
export const removeProgress = (file: string): void => rmSync(file, { force: true });
