import type { Client, InValue } from "@libsql/client/http";
import { beforeAll, describe, expect, test } from "vitest";
import type { Predicate } from "../../../src/filters/predicate.ts";
import type { Sql } from "../../../src/store/client.ts";
import { emit } from "../../../src/store/sql/emit.ts";
import {
  deploymentCountQuery,
  deploymentIdsQuery,
  flowCountQuery,
  flowIdsQuery,
  flowRunCountQuery,
  flowRunIdsQuery,
  taskRunCountQuery,
  taskRunIdsQuery,
} from "../../../src/store/sql/page.ts";
import { smallWorld } from "./world.ts";

/** A request's body, the SQL and parameters that it becomes on the row `r`, and the names of the rows that it finds. */
export interface Case {
  asks: string;
  body: Record<string, unknown>;
  sql: string;
  args: InValue[];
  rows: string[];
}

type Table = "flow" | "flow_run" | "task_run" | "deployment" | "work_pool" | "work_queue" | "worker";

/** Registers a test for each case: the SQL, its parameters and the rows; for runs also every way of making a page and a count. */
export function checkCases(table: Table, cases: readonly Case[], compile: (body: Record<string, unknown>) => Predicate): void {
  let client: Client;
  beforeAll(async () => {
    client = await smallWorld();
  });

  describe(`a filter of ${table}`, () => {
    test.each(cases)("asks $asks", async ({ body, sql, args, rows }) => {
      const where = compile(body);
      expect(emit(where, "r")).toEqual({ sql, args });
      const found = await client.execute({ sql: `SELECT r.name FROM ${table} AS r WHERE ${sql}`, args });
      expect(found.rows.map((row) => row.name).sort()).toEqual([...rows].sort());
      for (const { page, count } of waysOf(table, where)) {
        const named = `SELECT name FROM ${table} WHERE id IN (${page.sql})`;
        const chosen = await client.execute({ sql: named, args: page.args });
        expect(chosen.rows.map((row) => row.name).sort()).toEqual([...rows].sort());
        expect((await client.execute(count)).rows).toEqual([{ count: rows.length }]);
      }
    });
  });
}

// `few` decides between finding all and walking in order: with -1 nothing counts as few; without it the bounds are the usual ones.
function waysOf(table: Table, where: Predicate): { page: Sql; count: Sql }[] {
  const page = { where, limit: 50, offset: 0 };
  const ways = [{ few: -1 }, { few: 1 }, { few: 2000 }, {}, { isSmall: true }];
  if (table === "flow")
    return ways.map((way) => ({
      page: flowIdsQuery({ ...page, sort: "NAME_ASC", ...way }),
      count: flowCountQuery({ where, ...way }),
    }));
  if (table === "deployment")
    return ways.map((way) => ({
      page: deploymentIdsQuery({ ...page, sort: "NAME_ASC", ...way }),
      count: deploymentCountQuery({ where, ...way }),
    }));
  if (table === "flow_run")
    return ways.map((way) => ({
      page: flowRunIdsQuery({ ...page, sort: "NAME_ASC", ...way }),
      count: flowRunCountQuery({ where, ...way }),
    }));
  if (table === "task_run")
    return ways.map((way) => ({
      page: taskRunIdsQuery({ ...page, sort: "NAME_ASC", ...way }),
      count: taskRunCountQuery({ where, ...way }),
    }));
  return [];
}
