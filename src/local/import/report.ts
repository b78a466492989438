import type { ImportResult } from "./run-import.ts";
import { checksum, type Tally } from "./tally.ts";

const heads = ["kind", "source", "here", "new", "same", "differ", "mapped", "refused", "checksums"];

/** Returns whether something of the source is not here as it is there. */
export const hasDifferences = ({ tallies }: ImportResult): boolean =>
  [...tallies.values()].some(({ differing, refused }) => differing + refused > 0);

/** Returns the lines that say what an import found: a table with a line for each kind, and what differs. */
export function reportLines(result: ImportResult, { isDryRun }: { readonly isDryRun: boolean }): string[] {
  const rows = [heads, ...Array.from(result.tallies, ([name, tally]) => cellsOf(name, tally, isDryRun))];
  const widths = heads.map((_, i) => Math.max(...rows.map((cells) => cells[i]?.length ?? 0)));
  const table = rows.map((cells) =>
    cells
      .map((cell, i) => (i === 0 || i === cells.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  const details = Array.from(result.tallies).flatMap(([name, { lines }]) => lines.map((line) => `${name}: ${line}`));
  const end = isDryRun
    ? "A dry run: nothing was written."
    : hasDifferences(result)
      ? "Something of the source is not here as it is there: see the lines above. What was here was left."
      : "Everything of the source is here.";
  return [...table, ...details, ...result.remarks, end];
}

function cellsOf(name: string, { source, here, created, same, differing, mapped, refused }: Tally, isDryRun: boolean): string[] {
  const counts = [source.count, here.count, created, same, differing, mapped, refused].map(String);
  const [one, two] = [checksum(source), checksum(here)];
  return [name, ...counts, isDryRun ? "" : one === two ? `${one} equal` : `${one} ${two} differ`];
}
