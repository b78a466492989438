import { type Client, createClient } from "@libsql/client/http";
import { beforeAll, describe, expect, test } from "vitest";
import { compileFlowFilters, compileFlowRunFilters, compileWorkQueueFilters } from "../../../src/filters/index.ts";
import type { Predicate } from "../../../src/filters/predicate.ts";
import { optional } from "../../../src/schemas/common.ts";
import { countBody, filtersOfFlowRuns, filtersOfFlows } from "../../../src/schemas/filters/bodies.ts";
import { workQueueFilter } from "../../../src/schemas/filters/work-queues.ts";
import { requestBounds } from "../../../src/schemas/lists.ts";
import { emit } from "../../../src/store/sql/emit.ts";
import { flowRunCountQuery, flowRunIdsQuery } from "../../../src/store/sql/page.ts";
import { freshDatabase } from "../../support/database.ts";
import { tagged } from "./world.ts";

const evil = [
  "'; DROP TABLE flow; --",
  '" OR 1=1 --',
  "x' OR 'a'='a",
  "') OR EXISTS (SELECT 1",
  "\\'; SELECT 1 --",
  '"],["',
  "?1 $name :name @name",
  "NULL",
  "nul \u0001 and ‮ 💥",
];

const name = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;

let client: Client;
beforeAll(async () => {
  client = createClient(await freshDatabase());
  await client.batch(
    [
      ...evil.flatMap((text, index) => tagged("flow", { id: name(index), name: text, tags: [text] })),
      ...evil.flatMap((text, index) =>
        tagged("flow_run", {
          id: name(index),
          name: text,
          flow_id: name(index),
          tags: [text],
          state_type: "FAILED",
          state_name: text,
        }),
      ),
    ],
    "write",
  );
});

async function flowsThat(where: Predicate): Promise<unknown[]> {
  const { sql, args } = emit(where, "r");
  const found = await client.execute({ sql: `SELECT r.name FROM flow AS r WHERE ${sql}`, args });
  return found.rows.map((row) => row.name);
}

const flowsBy = (flows: Record<string, unknown>) => compileFlowFilters(countBody(filtersOfFlows).parse({ flows }));
const runsBy = (body: Record<string, unknown>) => compileFlowRunFilters(countBody(filtersOfFlowRuns).parse(body));

describe("a text of a client is a value and never SQL", () => {
  test.each(evil)("finds just the flow that is called %j", async (text) => {
    expect(await flowsThat(flowsBy({ name: { any_: [text] } }))).toEqual([text]);
    expect(await flowsThat(flowsBy({ name: { any_: [text, "another"] } }))).toEqual([text]);
    expect(await flowsThat(flowsBy({ tags: { all_: [text] } }))).toEqual([text]);
    expect(await flowsThat(flowsBy({ tags: { all_: [text, ..."abcdefghi"] } }))).toEqual([]);
    expect(await flowsThat(flowsBy({ name: { like_: text } }))).toEqual([text]);
  });

  const everywhere = (text: string) => {
    const where = runsBy({
      flows: { name: { any_: [text], like_: text } },
      flow_runs: {
        tags: { any_: [text, "b"], all_: [text] },
        state: { name: { any_: [text], not_any_: ["other"] } },
        flow_version: { any_: [text] },
        idempotency_key: { any_: [text], not_any_: [text] },
        work_queue_name: { any_: [text] },
        created_by: { type_: [text] },
      },
    });
    return [emit(where, "r"), flowRunIdsQuery({ where, sort: "NAME_ASC", limit: 50, offset: 0 }), flowRunCountQuery({ where })];
  };

  test.each(evil)("writes the same statements for %j as for any other text", async (text) => {
    const statements = everywhere(text);
    expect(statements.map(({ sql }) => sql)).toEqual(everywhere("plain").map(({ sql }) => sql));
    for (const { args } of statements) expect(args).toContain(text);
    const [, page, count] = statements;
    expect(page && (await client.execute(page)).rows).toEqual([]);
    expect(count && (await client.execute(count)).rows).toEqual([{ count: 0 }]);
  });

  test.each(["\u0000", "a\u0000b", "\ud800", "a\udc00b", "%".repeat(40), "x".repeat(20_000), "é".repeat(60_000)])(
    "answers for a text that a database may stumble over",
    async (text) => {
      for (const flows of [{ name: { any_: [text] } }, { name: { any_: [text, "b"] } }, { tags: { all_: [text] } }])
        expect(await flowsThat(flowsBy(flows))).toEqual([]);
      const alike = { name: { like_: `${text}?` } };
      if (text.length > requestBounds.pattern) expect(() => flowsBy(alike)).toThrow("a pattern has at most 256 characters");
      else expect(await flowsThat(flowsBy(alike))).toEqual(text.startsWith("%") ? [evil[6]] : []);
    },
  );

  test("refuses more wildcards than the database may recurse at", () => {
    for (const flows of [{ name: { like_: "%a".repeat(65) } }]) expect(() => flowsBy(flows)).toThrow("at most 64 wildcards");
    expect(() => workQueueFilter.parse({ name: { startswith_: ["%a".repeat(65)] } })).toThrow("at most 64 wildcards");
  });

  test("takes beginnings of names as values", () => {
    const body = countBody({ work_queues: optional(workQueueFilter) }).parse({ work_queues: { name: { startswith_: evil } } });
    expect(emit(compileWorkQueueFilters(body), "r")).toEqual({
      sql: "EXISTS (SELECT 1 FROM json_each(?) AS prefix WHERE r.name LIKE prefix.value)",
      args: [JSON.stringify(evil.map((text) => `${text}%`))],
    });
  });
});

describe("a list of 5,000 values is one parameter", () => {
  const many = Array.from({ length: 5000 }, (_, index) => index);

  test("of ids", async () => {
    const where = flowsBy({ id: { any_: many.map(name) } });
    expect(emit(where, "r").args).toHaveLength(1);
    expect(await flowsThat(where)).toHaveLength(evil.length);
    expect(await flowsThat(flowsBy({ id: { not_any_: many.map(name) } }))).toEqual([]);
  });

  test("of names, tags and state names of runs", async () => {
    const texts = [...many.map(String), ...evil];
    for (const flow_runs of [
      { name: { any_: texts } },
      { tags: { any_: texts } },
      { state: { name: { any_: texts } } },
      { id: { any_: many.map(name) } },
    ]) {
      const where = runsBy({ flow_runs });
      expect(emit(where, "r").args).toHaveLength(1);
      const page = await client.execute(flowRunIdsQuery({ where, sort: "ID_DESC", limit: 200, offset: 0 }));
      expect(page.rows).toHaveLength(evil.length);
      expect((await client.execute(flowRunCountQuery({ where }))).rows).toEqual([{ count: evil.length }]);
    }
  });

  test("of tags that must all be there", async () => {
    const where = runsBy({ flow_runs: { tags: { all_: many.map(String) } } });
    expect(emit(where, "r").args).toHaveLength(1);
    expect((await client.execute(flowRunCountQuery({ where }))).rows).toEqual([{ count: 0 }]);
  });
});
