import { createHash } from "node:crypto";
import { isJsonObject, type Json, stringifyJson } from "../../lib/json.ts";
import type { ImportedRow } from "../../store/import/table.ts";

/** How many objects of a kind one side has, and the sum of their checksums. */
interface Side {
  count: number;
  sum: bigint;
}

/** What an import found of a kind. */
export interface Tally {
  readonly source: Side;
  readonly here: Side;
  created: number;
  same: number;
  /** Objects that are here with another content, and are left. */
  differing: number;
  /** Objects for which the one of the same unique name stands here, under another id. */
  mapped: number;
  refused: number;
  /** A line for each of the first objects that differ, are mapped or refused. */
  readonly lines: string[];
}

const mostLines = 20;
const modulus = 1n << 128n;

/** Returns the tally of a kind before anything was found. */
export const emptyTally = (): Tally => ({
  source: { count: 0, sum: 0n },
  here: { count: 0, sum: 0n },
  created: 0,
  same: 0,
  differing: 0,
  mapped: 0,
  refused: 0,
  lines: [],
});

/** Adds an object to a side. A sum, because pages come in any order. */
export function count(side: Side, text: string): void {
  side.count++;
  side.sum = (side.sum + BigInt(`0x${createHash("sha256").update(text).digest("hex").slice(0, 32)}`)) % modulus;
}

/** Keeps a line about an object, of which only the first ones are shown. */
export function note(tally: Tally, line: string): void {
  if (tally.lines.length < mostLines) tally.lines.push(line);
}

/** Returns the JSON text of a value with the members of its objects in order, without the members that are named. */
export function canonical(row: ImportedRow, ignored: ReadonlySet<string>): string {
  return stringifyJson(sorted(Object.fromEntries(Object.entries(row).filter(([name]) => !ignored.has(name)))));
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value ?? null;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name])]));
}

/** Returns a side's checksum as it is shown. */
export const checksum = ({ sum }: Side): string => sum.toString(16).padStart(32, "0").slice(0, 16);

/** Returns tallies as the cursor file keeps them. */
export const talliesToJson = (tallies: ReadonlyMap<string, Tally>): Json =>
  Object.fromEntries(
    Array.from(tallies, ([name, tally]) => [name, { ...tally, source: sideToJson(tally.source), here: sideToJson(tally.here) }]),
  );

const sideToJson = ({ count, sum }: Side): Json => ({ count, sum: sum.toString(16) });

/** Returns the tallies of a cursor file. */
export function talliesOf(json: Json): Map<string, Tally> {
  const entries = isJsonObject(json) ? Object.entries(json) : [];
  return new Map(entries.map(([name, value]) => [name, tallyOf(value)]));
}

function tallyOf(json: Json): Tally {
  const from = isJsonObject(json) ? json : {};
  const number = (value: unknown): number => (typeof value === "number" ? value : 0);
  const { created, same, differing, mapped, refused, lines } = from;
  return {
    source: sideOf(from.source),
    here: sideOf(from.here),
    created: number(created),
    same: number(same),
    differing: number(differing),
    mapped: number(mapped),
    refused: number(refused),
    lines: Array.isArray(lines) ? lines.map(String) : [],
  };
}

function sideOf(json: unknown): Side {
  const from = isJsonObject(json) ? json : {};
  const { count: counted, sum } = from;
  const isHex = typeof sum === "string" && /^[0-9a-f]+$/.test(sum);
  return { count: typeof counted === "number" ? counted : 0, sum: isHex ? BigInt(`0x${sum}`) : 0n };
}
