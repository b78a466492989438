import { parseArgs } from "node:util";
import type { Micros } from "../../lib/time.ts";
import { LocalError } from "../errors.ts";

export const usage = `npm run import -- --from http://host:4200/api [--auth user:password | --api-key KEY] [--runs 30d] [--dry-run] [--cursor FILE]
  --auth, --api-key  the source's credentials (also PREFECT_API_AUTH_STRING, PREFECT_API_KEY, which no list of processes shows)
  --runs 30d         runs, task runs, states, logs and events of the last 30 days, too (m, h, d)
  --dry-run          reads and compares, writes nothing
  --cursor FILE      where it goes on after it was ended; default: import.cursor in the data folder`;

/** What an import was asked for. */
export interface Wanted {
  readonly from: string;
  readonly authorization: string | undefined;
  readonly runsFor: Micros | null;
  readonly isDryRun: boolean;
  readonly cursor: string | undefined;
}

const units: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };
const longestSeconds = 10 * 366 * 86_400;

/** Reads the arguments of the command; throws LocalError for what it does not know. */
export function readOptions(args: readonly string[], environment: Readonly<Record<string, string | undefined>>): Wanted {
  const { from, auth, "api-key": key, runs, "dry-run": isDryRun = false, cursor } = parse(args);
  if (from === undefined) throw new LocalError(usage);
  if (auth !== undefined && key !== undefined) throw new LocalError("Give --auth or --api-key, not both.");
  if (auth !== undefined && !auth.includes(":")) throw new LocalError("--auth must be of the form user:password.");
  const basic = auth ?? (key === undefined ? environment.PREFECT_API_AUTH_STRING : undefined);
  const bearer = key ?? (basic ? undefined : environment.PREFECT_API_KEY);
  const authorization = basic ? `Basic ${Buffer.from(basic).toString("base64")}` : bearer ? `Bearer ${bearer}` : undefined;
  return { from: addressOf(from), authorization, runsFor: runs === undefined ? null : durationOf(runs), isDryRun, cursor };
}

function parse(args: readonly string[]) {
  try {
    const text = { type: "string" } as const;
    const options = {
      from: text,
      auth: text,
      "api-key": text,
      runs: text,
      "dry-run": { type: "boolean" },
      cursor: text,
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch {
    throw new LocalError(usage);
  }
}

function addressOf(from: string): string {
  const address = URL.canParse(from) ? new URL(from) : null;
  if (address === null || !/^https?:$/.test(address.protocol) || address.search !== "" || address.hash !== "")
    throw new LocalError("--from must be the address of an API such as http://host:4200/api.");
  if (address.username !== "" || address.password !== "")
    throw new LocalError("--from must not contain credentials: give them with --auth.");
  return address.href.replace(/\/+$/, "");
}

function durationOf(text: string): Micros {
  const [, amount, unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * (units[unit] ?? Number.NaN);
  if (!(seconds > 0 && seconds <= longestSeconds))
    throw new LocalError("--runs must be a time such as 30d, 12h or 90m, of at most ten years.");
  return seconds * 1_000_000;
}
