import { describe, expect, it } from "vitest";
import { isNode, lineOf, type Node, type Source, sources, textOf } from "./source.ts";

/** What each room may take from: the house plan's "imports go one way". A path stands for that file or folder alone. */
const mayTakeFrom: Readonly<Record<string, readonly string[]>> = {
  "worker.ts": ["app.ts", "cron", "deps.ts", "env.ts", "http"],
  "app.ts": ["api", "sockets", "http", "deps.ts"],
  api: ["services", "store", "present", "catalog", "http", "schemas", "filters", "domain", "lib", "deps.ts", "env.ts"],
  cron: ["services", "store", "present", "schemas", "domain", "lib", "deps.ts"],
  sockets: ["services", "store", "present", "schemas", "filters", "domain", "lib", "http", "deps.ts"],
  // Templates of automations see objects as they are in responses.
  services: ["store", "outbound", "catalog", "schemas", "filters", "domain", "lib", "deps.ts", "present/template-objects.ts"],
  // Rows become the objects of answers: nothing here asks the database.
  present: ["store", "schemas", "domain", "lib"],
  // Which status a database's refusal has is decided where all statuses are.
  http: ["schemas", "domain", "lib", "deps.ts", "env.ts", "store/client.ts"],
  "deps.ts": ["domain/principal.ts", "env.ts", "lib", "schemas", "store/client.ts", "workspaces.ts"],
  "workspaces.ts": [
    "env.ts",
    "lib",
    "services/automation-actions/sender.ts",
    "sockets/shared-reads.ts",
    "store/api-keys/remembered.ts",
    "store/automation-evaluation/state.ts",
    "store/client.ts",
    "store/hrana/connections.ts",
    "store/flow-runs/recent.ts",
    "store/deployments/recent.ts",
    "store/write-counters.ts",
    "store/table-sizes.ts",
  ],
  "env.ts": [],
  store: ["schemas", "filters", "domain", "lib"],
  outbound: ["lib"],
  catalog: ["lib"],
  filters: ["schemas", "lib"],
  domain: ["schemas", "lib"],
  schemas: ["lib"],
  // Knows nothing of Prefect.
  lib: [],
  // What a person's machine runs; nothing takes from it. Secrets are encrypted again and keys are stored as the Worker does it; the
  // description that is written to a file is the API's own. What is imported becomes rows of the store.
  local: ["lib", "app.ts", "http/openapi.ts", "schemas", "domain", "store"],
};

const packages: Readonly<Record<string, RegExp>> = {
  "worker.ts": /^hono$/,
  "app.ts": /^hono$/,
  "deps.ts": /^uuid$/,
  api: /^zod$/,
  http: /^(hono(\/(router(\/trie-router)?|utils\/(buffer|encode)))?|zod|zod-openapi)$/,
  sockets: /^zod$/,
  // Types of what a schema makes of an answer.
  present: /^zod$/,
  // Zod's core, for the types of lists that it has not: its constructor alone.
  schemas: /^zod(\/v4\/core)?$/,
  domain: /^@renovatebot\/pep440$/,
  store: /^drizzle-orm(\/|$)/,
  local: /^(node:|@libsql\/client|esbuild$|openapi-typescript$|smol-toml$|workerd)/,
};

const allowed = ({ room }: Source, target: string): boolean =>
  [room, ...(mayTakeFrom[room] ?? [])].some((place) => target === place || target.startsWith(`${place}/`));

const pure = sources.filter(({ room }) => ["catalog", "domain", "filters", "present", "schemas"].includes(room));
const found = (list: readonly Source[], finds: (node: Node, source: Source) => boolean): string[] =>
  list.flatMap((source) =>
    source.nodes
      .filter((node) => finds(node, source))
      .map((node) => `${source.path}:${lineOf(source, node)} ${source.text.slice(node.start, node.end).slice(0, 100)}`),
  );

describe("imports go one way", () => {
  it("through the rooms", () => {
    expect([...new Set(sources.map(({ room }) => room))].sort()).toEqual(Object.keys(mayTakeFrom).sort());
    expect(
      sources.flatMap((source) =>
        source.imports.filter((target) => !allowed(source, target)).map((target) => `${source.path} takes from ${target}`),
      ),
    ).toEqual([]);
  });

  it("and never in a circle", () => {
    const needs = new Map(sources.map(({ path, values }) => [path, values]));
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(" → "));
      if (done.has(path) || way.includes(path)) return;
      for (const next of needs.get(path) ?? []) visit(next, [...way, path]);
      done.add(path);
    };
    for (const path of needs.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });

  it.each(["api", "catalog", "domain", "filters", "http", "lib", "local", "present", "schemas", "services", "sockets", "store"])(
    "and between the folders of %s",
    (of) => {
      // A file beside a folder of its name is that folder's face; other files are groups of one file.
      const groupOf = (path: string) => path.split("/")[1]?.replace(/\.(ts|mjs)$/, "") ?? "";
      const needs = new Map<string, Set<string>>();
      for (const { path, values } of sources.filter(({ room }) => room === of)) {
        const groups = needs.get(groupOf(path)) ?? new Set<string>();
        for (const value of values.filter((one) => one.startsWith(`${of}/`))) groups.add(groupOf(value));
        groups.delete(groupOf(path));
        needs.set(groupOf(path), groups);
      }
      const reached = (from: string, seen = new Set<string>()): ReadonlySet<string> => {
        for (const next of needs.get(from) ?? []) if (!seen.has(next)) reached(next, seen.add(next));
        return seen;
      };
      expect(needs.size).toBeGreaterThan(0);
      expect([...needs.keys()].filter((group) => reached(group).has(group))).toEqual([]);
    },
  );

  it("into a part of lib by its index, which says what the part implements", () => {
    const part = /^lib\/([a-z-]+)\//;
    const past = sources.flatMap(({ path, imports }) =>
      imports
        .filter((target) => part.test(target) && part.exec(target)?.[1] !== part.exec(path)?.[1] && !target.endsWith("/index.ts"))
        .map((target) => `${path} takes from ${target}`),
    );
    expect(past).toEqual([]);
    const parts = new Set(sources.flatMap(({ path }) => part.exec(path)?.[1] ?? []));
    const faces = sources.filter(({ path, text }) => /^lib\/[a-z-]+\/index\.ts$/.test(path) && text.startsWith("/**"));
    expect(faces.length).toBe(parts.size);
  });

  it("from the store to what is shown as types, and as the codecs of columns", () => {
    const taken = sources
      .filter(({ room }) => room === "present")
      .flatMap(({ values }) => values.filter((one) => one.startsWith("store/")));
    expect(new Set(taken)).toEqual(new Set(["store/deployments/rows.ts"]));
  });

  it("to the packages that a room is for", () => {
    expect(
      sources.flatMap(({ path, room, packages: taken }) =>
        taken.filter((name) => packages[room]?.test(name) !== true).map((name) => `${path} takes ${name}`),
      ),
    ).toEqual([]);
  });

  it("to all of zod, whose parts would bring every language along", () => {
    expect(sources.filter(({ text }) => /import (type )?\{[^}]*\} from "zod"/.test(text)).map(({ path }) => path)).toEqual([]);
  });
});

describe("SQL has one address", () => {
  const statement = /\b(select\s.+\sfrom|insert\s+into|replace\s+into|update\s+\w+\s+(as\s+\w+\s+)?set|delete\s+from)\b/is;
  const isStatement = (node: Node) => statement.test(textOf(node) ?? "");

  it("the store, beside the journal of migrations", () => {
    const elsewhere = sources.filter(({ room, path }) => room !== "store" && path !== "local/migrations.ts");
    expect(found(elsewhere, isStatement)).toEqual([]);
    expect(
      found(
        sources.filter(({ room }) => room === "store"),
        isStatement,
      ).length,
    ).toBeGreaterThan(50);
  });

  it("and anything beyond the isolate is called by the database's wire alone, and by what is sent to servers of users", () => {
    const calls = ({ type, callee }: Node) =>
      type === "CallExpression" && isNode(callee) && /^(fetch|createClient)$/.test(String(callee.name));
    const callers = sources.filter(
      ({ room, path, nodes }) => room !== "local" && !path.startsWith("outbound/") && nodes.some(calls),
    );
    expect(callers.map(({ path }) => path)).toEqual(["store/hrana/client.ts"]);
  });

  it("and nothing else sends statements", () => {
    const sends = (node: Node, { text }: Source) =>
      node.type === "CallExpression" && /^(await )?(deps\.)?db\.(execute|read|write)\(/.test(text.slice(node.start, node.end));
    expect(
      found(
        sources.filter(({ room }) => room !== "store"),
        sends,
      ),
    ).toEqual([]);
  });
});

describe("what a statement says", () => {
  const isBelow =
    (...places: readonly string[]) =>
    ({ path }: Source) =>
      places.some((place) => path.startsWith(`${place}/`));
  const below = isBelow("store/sql", "store/hrana");
  const elsewhere = sources.filter(
    (source) => isBelow("api", "cron", "http", "services", "sockets", "store")(source) && !below(source),
  );
  const inSql = sources.filter(isBelow("store/sql"));
  const nameOf = (node: unknown): unknown => (isNode(node) ? node.name : undefined);
  const isRows = (node: unknown): boolean =>
    isNode(node) &&
    (node.type === "ChainExpression"
      ? isRows(node.expression)
      : node.type === "LogicalExpression"
        ? isRows(node.left)
        : node.type === "MemberExpression" && nameOf(node.property) === "rows");

  it("has its values within: nobody keeps a list of them beside a text", () => {
    const keepsValues = ({ type, key, property }: Node) =>
      (type === "Property" && nameOf(key) === "args") || (type === "MemberExpression" && nameOf(property) === "args");
    expect(found(elsewhere, keepsValues)).toEqual([]);
    expect(found(inSql, keepsValues).length).toBeGreaterThan(0);
  });

  it("is read as its selection says: nobody else reads rows by position", () => {
    const readsRows = ({ type, object, property, id, init, right }: Node) =>
      (type === "MemberExpression" && isRows(object) && nameOf(property) !== "length") ||
      (type === "VariableDeclarator" && isNode(id) && id.type === "ArrayPattern" && isRows(init)) ||
      (type === "ForOfStatement" && isRows(right));
    // Only results of the database have their rows read there; those of pages are objects.
    const inStore = elsewhere.filter(isBelow("store"));
    expect(found(inStore, readsRows)).toEqual([]);
    expect(found(inSql, readsRows).length).toBeGreaterThan(0);
  });
});

describe("decisions are pure", () => {
  const impure =
    /^(Date\.now|Math\.random|crypto|performance|fetch|setTimeout|setInterval|queueMicrotask|process|console|globalThis)\b/;

  it("nothing in domain, filters and schemas waits", () => {
    expect(found(pure, (node) => node.type === "AwaitExpression" || node.async === true)).toEqual([]);
  });

  it("nothing there has a clock, chance or the world outside", () => {
    const reaches = (node: Node, { text }: Source) =>
      ["MemberExpression", "CallExpression"].includes(node.type) && impure.test(text.slice(node.start, node.end));
    const isNow = (node: Node) =>
      node.type === "NewExpression" &&
      JSON.stringify(node.callee).includes('"Date"') &&
      Array.isArray(node.arguments) &&
      node.arguments.length === 0;
    expect(found(pure, (node, source) => reaches(node, source) || isNow(node))).toEqual([]);
  });

  it("the clock, chance and ids of a request come from its deps", () => {
    const asks = (node: Node, { text }: Source) =>
      node.type === "MemberExpression" &&
      /^(Date\.now|Math\.random|crypto\.(getRandomValues|randomUUID))$/.test(text.slice(node.start, node.end));
    const files = found(
      sources.filter(({ room }) => room !== "local"),
      asks,
    ).map((place) => place.split(":")[0]);
    // How long a request took, its id in the log, how long a connection is good for, and the pause before a busy database is asked again are
    // no facts of the API; nor is when a socket looks for news.
    const others = [
      "http/middleware/telemetry.ts",
      "lib/memory.ts",
      "sockets/read-schedule.ts",
      "sockets/shared-reads.ts",
      "store/client.ts",
      "store/hrana/sender.ts",
      "store/hrana/streams.ts",
      "store/hrana/write-queue.ts",
      "store/slices.ts",
      "store/table-sizes.ts",
    ];
    expect([...new Set(files)]).toEqual(["deps.ts", ...others]);
  });
});

describe("types are not talked away", () => {
  /** Assertions by file, each in a helper that states its guarantee. The list only gets shorter. */
  const assertions: Readonly<Record<string, number>> = {
    // States and inputs were validated when they were written.
    "present/states.ts": 1,
    "present/task-runs.ts": 1,
    "store/deployments/rows.ts": 1,
    // The one place where an operation's types are erased.
    "http/operation.ts": 1,
    // Rows get their type from the table definition or the selection that made their column list.
    "store/sql/rows.ts": 2,
    // Zod's constructors forget the types of the elements that they are given.
    "schemas/lists.ts": 1,
  };

  it("by any or by an exclamation mark", () => {
    expect(found(sources, ({ type }) => type === "TSAnyKeyword" || type === "TSNonNullExpression")).toEqual([]);
  });

  it("by an assertion outside of the helpers that are listed", () => {
    const isAssertion = (node: Node, { text }: Source) =>
      ["TSAsExpression", "TSTypeAssertion"].includes(node.type) && !text.slice(node.start, node.end).endsWith("as const");
    const counts = Map.groupBy(found(sources, isAssertion), (place) => place.split(":")[0] ?? "");
    expect(Object.fromEntries([...counts].map(([path, places]) => [path, places.length]))).toEqual(assertions);
  });

  it("by a comment", () => {
    expect(sources.filter(({ text }) => /@ts-(ignore|expect-error|nocheck)/.test(text)).map(({ path }) => path)).toEqual([]);
  });
});

describe("a file", () => {
  it("has at most 400 lines", () => {
    expect(sources.filter(({ lines }) => lines > 400).map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  it("has functions of at most 60 lines", () => {
    const isLong = (node: Node, { text }: Source) =>
      /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type) &&
      text.slice(node.start, node.end).split("\n").length > 60;
    expect(found(sources, isLong)).toEqual([]);
  });

  it("exports by name, but for the Worker", () => {
    expect(found(sources, ({ type }) => type === "ExportDefaultDeclaration").map((place) => place.split(":")[0])).toEqual([
      "worker.ts",
    ]);
  });

  it("has a name in lower case with dashes", () => {
    expect(sources.map(({ path }) => path).filter((path) => !/^([a-z0-9-]+\/)*[a-z0-9-]+\.(ts|mjs)$/.test(path))).toEqual([]);
  });
});
