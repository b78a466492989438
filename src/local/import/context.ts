import type { SecretBox } from "../../lib/secret-box.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../../store/client.ts";
import type { ImportedRow, ImportTable, Prepared } from "../../store/import/table.ts";
import { storeRows } from "../../store/import/write.ts";
import type { Source } from "./source.ts";
import { canonical, count, emptyTally, note, type Tally } from "./tally.ts";

/** A kind of object as the report names it, with the table that takes it. */
export interface Kind {
  readonly name: string;
  readonly table: Pick<ImportTable<never>, "stored" | "owners">;
  /** Columns that are not compared: what this server derives, or changes by itself. */
  readonly ignored?: readonly string[];
  /** Returns a row as it is compared. */
  readonly compared?: (row: ImportedRow) => Promise<ImportedRow>;
}

export interface ContextOptions {
  readonly source: Source;
  readonly db: Database;
  readonly box: SecretBox;
  readonly now: Micros;
  /** The first time of the runs that are imported; null: none are. */
  readonly since: Micros | null;
  readonly isDryRun: boolean;
  /** Whether the database has no tables yet, which only a dry run meets. */
  readonly isEmpty: boolean;
  readonly tallies: Map<string, Tally>;
  /** The ids here of objects that have another one in the source. */
  readonly mapped: Map<string, string>;
  readonly onProgress: (kind: string, count: number) => void;
  readonly remark: (line: string) => void;
}

/** What the stages of an import share. */
export interface Context extends Omit<ContextOptions, "tallies" | "onProgress"> {
  /** Returns the id that stands here for one of the source. */
  idHere(id: string): string;
  idHereOrNull(id: string | null): string | null;
  tally(kind: string): Tally;
  /** Stores the rows that are missing, leaves those that differ, and returns the ids that are here now. */
  store(kind: Kind, prepared: readonly Prepared[], after?: readonly Sql[]): Promise<ReadonlySet<string>>;
}

// In characters: a batch of several statements stays far below what the database takes at once.
const groupSize = 2_000_000;
const groupRows = 200;

/** Makes the context of an import. */
export function contextOf({ tallies, onProgress, ...options }: ContextOptions): Context {
  const tally = (kind: string): Tally => {
    const known = tallies.get(kind) ?? emptyTally();
    tallies.set(kind, known);
    return known;
  };
  const idHere = (id: string): string => options.mapped.get(id) ?? id;
  return {
    ...options,
    tally,
    idHere,
    idHereOrNull: (id) => (id === null ? null : idHere(id)),
    async store(kind, prepared, after = []) {
      const here = new Set<string>();
      for (const group of groupsOf(prepared)) {
        for (const id of await storeGroup({ ...options, tally: tally(kind.name) }, kind, group, after)) here.add(id);
        onProgress(kind.name, tally(kind.name).source.count);
      }
      return here;
    },
  };
}

function groupsOf(prepared: readonly Prepared[]): Prepared[][] {
  const groups: Prepared[][] = [];
  let size = 0;
  for (const one of prepared) {
    const group = groups.at(-1);
    if (group === undefined || group.length === groupRows || size + one.size > groupSize) {
      groups.push([one]);
      size = one.size;
    } else {
      group.push(one);
      size += one.size;
    }
  }
  return groups;
}

type Store = Pick<ContextOptions, "db" | "isDryRun" | "isEmpty" | "mapped"> & { readonly tally: Tally };

async function storeGroup(store: Store, kind: Kind, prepared: readonly Prepared[], after: readonly Sql[]): Promise<string[]> {
  const { db, isDryRun, isEmpty, tally } = store;
  const before = isEmpty ? new Map<string, ImportedRow>() : await kind.table.stored(db, prepared);
  const missing = prepared.filter(({ id }) => !before.has(id));
  const owners = isEmpty ? new Map<string, string>() : await kind.table.owners(db, missing);
  const fresh = missing.filter(({ id }) => !owners.has(id));
  const refused = isDryRun ? new Map<string, string>() : await storeRows(db, fresh, after);
  const stored = isDryRun ? before : new Map([...before, ...(await kind.table.stored(db, fresh))]);
  for (const one of prepared) {
    const owner = owners.get(one.id);
    const row = stored.get(one.id);
    if (owner !== undefined) {
      store.mapped.set(one.id, owner);
      tally.mapped++;
      note(tally, `${one.id} has the unique name of ${owner}, which stands for it here`);
      continue;
    }
    const wanted = await textOf(kind, one.row);
    count(tally.source, wanted);
    const reason = refused.get(one.id);
    if (reason !== undefined) {
      tally.refused++;
      note(tally, `${one.id} is refused: ${reason}`);
    } else if (row === undefined) tally.created++;
    else {
      const found = await textOf(kind, row);
      count(tally.here, found);
      if (!before.has(one.id)) tally.created++;
      if (found === wanted) tally.same += before.has(one.id) ? 1 : 0;
      else {
        tally.differing++;
        note(tally, `${one.id} differs in ${differingColumns(one.row, row, kind)}`);
      }
    }
  }
  return prepared.filter(({ id }) => stored.has(id) || (isDryRun && !owners.has(id))).map(({ id }) => id);
}

async function textOf({ compared, ignored }: Kind, row: ImportedRow): Promise<string> {
  return canonical(compared === undefined ? row : await compared(row), new Set(ignored));
}

function differingColumns(one: ImportedRow, two: ImportedRow, { ignored }: Kind): string {
  const none = new Set<string>();
  const names = Object.keys(one).filter(
    (name) => !ignored?.includes(name) && canonical({ value: one[name] }, none) !== canonical({ value: two[name] }, none),
  );
  return names.join(", ");
}
