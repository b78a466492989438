import { memoryBudget } from "../../src/lib/memory.ts";
import type { Database, InValue, ResultSet, Sql } from "../../src/store/client.ts";
import { wireOf } from "../../src/store/hrana/client.ts";
import { unknownSizes } from "../../src/store/table-sizes.ts";

/** A statement that was executed, and what it cost. */
export interface Measured extends Sql {
  readonly rowsRead: number;
}

/** A database that tells what it executed. */
export interface MeasuringDatabase extends Database {
  /** What was executed since the last call. */
  taken(): Measured[];
}

interface Cell {
  readonly type: "null" | "integer" | "float" | "text";
  readonly value?: string | number;
}

interface Answer {
  readonly results: readonly {
    readonly response?: {
      readonly result: { readonly rows: Cell[][]; readonly affected_row_count: number; readonly rows_read: number };
    };
    readonly error?: { readonly message: string };
  }[];
}

const encode = (value: InValue): Cell =>
  value === null
    ? { type: "null" }
    : typeof value === "string"
      ? { type: "text", value }
      : { type: "float", value: Number(value) };

const decode = ({ type, value }: Cell) => (value === undefined ? null : type === "integer" ? Number(value) : value);

/** Opens a database whose statements are measured by the rows that the server says it read, which is what a hosted one bills. */
export function measuringDatabase({ url: address }: { url: string }): MeasuringDatabase {
  const { url, authorization } = wireOf(address, undefined);
  let measured: Measured[] = [];
  let roundTrips = 0;
  const run = async (statements: readonly Sql[]): Promise<ResultSet[]> => {
    roundTrips++;
    const requests = statements.map(({ sql, args }) => ({ type: "execute", stmt: { sql, args: args.map(encode) } }));
    const response = await fetch(new URL("v2/pipeline", url), {
      method: "POST",
      ...(authorization !== undefined && { headers: { authorization } }),
      body: JSON.stringify({ baton: null, requests: [...requests, { type: "close" }] }),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    const { results }: Answer = await response.json();
    return statements.map((statement, i) => {
      const result = results[i]?.response?.result;
      if (result === undefined) throw new Error(`${results[i]?.error?.message}: ${statement.sql}`);
      measured.push({ ...statement, rowsRead: result.rows_read });
      return { rows: result.rows.map((row) => row.map(decode)), rowsAffected: result.affected_row_count };
    });
  };
  return {
    execute: async (statement) => (await run([statement]))[0] ?? { rows: [], rowsAffected: 0 },
    read: run,
    write: run,
    lease: memoryBudget(Number.POSITIVE_INFINITY).lease,
    releaseAll: () => undefined,
    about: () => undefined,
    roundTrips: () => roundTrips,
    sizes: unknownSizes,
    taken: () => {
      const all = measured;
      measured = [];
      return all;
    },
  };
}
