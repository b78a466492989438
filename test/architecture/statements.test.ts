import { readdirSync } from "node:fs";
import { join } from "node:path";
import { getTableColumns, getTableName, is } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import { beforeAll, describe, expect, it } from "vitest";
import { lineOf, type Node, type Source, sources, textOf } from "./source.ts";

// Statements name tables and columns in their text: with nine references in place of names the tag takes 3 µs for a statement instead of
// 1 µs, and a state transition sends thirty. So this test holds the names in all texts to the definitions in store/tables.
const folder = join(import.meta.dirname, "../../src/store/tables");
const columnsOf = new Map<string, ReadonlySet<string>>();
// A generated column is in no definition: no row is written with it.
const implicit = ["rowid", "start_or_expected"];
const ofJsonFunctions = new Set(["key", "value", "type", "atom"]);

beforeAll(async () => {
  for (const file of readdirSync(folder)) {
    const members: Record<string, unknown> = await import(join(folder, file));
    for (const table of Object.values(members).filter((one) => is(one, SQLiteTable)))
      columnsOf.set(getTableName(table), new Set([...Object.keys(getTableColumns(table)), ...implicit]));
  }
});

const texts = sources
  .filter(({ path, room }) => room === "store" && !/^store\/(tables|hrana)\//.test(path))
  .flatMap((source) => source.nodes.flatMap((node) => fixedText(source, node)));

interface Text {
  readonly source: Source;
  readonly node: Node;
  readonly sql: string;
}

/** Returns a literal as SQL: without its quoted values, with a mark for each part that is set in. */
function fixedText(source: Source, node: Node): Text[] {
  const whole =
    node.type === "TemplateLiteral" && Array.isArray(node.quasis) ? node.quasis.map(textOf).join(" § ") : textOf({ ...node });
  if (whole === undefined || node.type === "TemplateElement") return [];
  return [{ source, node, sql: whole.replace(/'[^']*'/g, "''").replaceAll('"', "") }];
}

const matchesOf = (pattern: RegExp) =>
  texts.flatMap(({ source, node, sql }) =>
    [...sql.matchAll(pattern)].map((groups) => ({ place: `${source.path}:${lineOf(source, node)}`, file: source.path, groups })),
  );

const cte = String.raw`([a-z_]+)(?:\s*\(([a-z_, ]+)\))?\s+as\s+(?:materialized\s*)?\(`;
// Names that statements give themselves: common table expressions with their columns, and what stands behind `as`.
const given = new Set(
  [...matchesOf(new RegExp(String.raw`(?:\bwith(?: recursive)?|,)\s+${cte}`, "g")), ...matchesOf(/\bas\s+([a-z_]+)\b/g)].flatMap(
    ({ groups: [, name = "", columns = ""] }) => [name, ...columns.split(",").map((one) => one.trim())],
  ),
);

/** The tables that an alias stands for, anywhere in the store; an alias of a derived table may stand for any. */
function aliases(): Map<string, Set<string>> {
  const tablesOf = new Map<string, Set<string>>();
  for (const { groups } of matchesOf(/\b([a-z_]+)\s+(?:as\s+)?([a-z])\b/g)) {
    const [, table = "", alias = ""] = groups;
    if (columnsOf.has(table)) tablesOf.set(alias, (tablesOf.get(alias) ?? new Set()).add(table));
  }
  return tablesOf;
}

const derived = new Set(matchesOf(/\)\s+([a-z])\b/g).map(({ groups }) => groups[1] ?? ""));

describe("a statement's text", () => {
  it("names tables that exist", () => {
    const named = matchesOf(/\b(?:from|join|into|(?<!do )update)\s+([a-z][a-z_]+)\b(?!\s*\((?! ?[a-z_]+,))/g);
    const unknown = named.filter(({ groups: [, name = ""] }) => !columnsOf.has(name) && !given.has(name));
    expect(named.length).toBeGreaterThan(200);
    expect(unknown.map(({ place, groups }) => `${place} ${groups[1]}`)).toEqual([]);
  });

  it("names columns that an alias's tables have", () => {
    const tablesOf = aliases();
    const named = matchesOf(/\b([a-z])\.([a-z_]+)\b/g).filter(({ groups: [, alias = ""] }) => tablesOf.has(alias));
    const unknown = named.filter(({ groups: [, alias = "", column = ""] }) => {
      const tables = [...(tablesOf.get(alias) ?? [])];
      if (derived.has(alias) && [...columnsOf.values()].some((columns) => columns.has(column))) return false;
      return (
        !given.has(column) && !ofJsonFunctions.has(column) && !tables.some((table) => columnsOf.get(table)?.has(column) === true)
      );
    });
    expect(named.length).toBeGreaterThan(500);
    expect(unknown.map(({ place, groups }) => `${place} ${groups[0]}`)).toEqual([]);
  });

  it("lists columns of the table that rows go into", () => {
    const inserts = matchesOf(/\binsert into ([a-z_]+) \(([^)§]*)/g);
    const unknown = inserts.flatMap(({ place, groups: [, table = "", list = ""] }) =>
      list
        .split(",")
        .map((one) => one.trim())
        .filter((one) => one !== "" && columnsOf.get(table)?.has(one) !== true)
        .map((one) => `${place} ${table}.${one}`),
    );
    expect(inserts.length).toBeGreaterThan(10);
    expect(unknown).toEqual([]);
  });

  it("sets columns of the table that it changes", () => {
    const sets = matchesOf(/\bupdate ([a-z_]+)(?: as [a-z])? set ([a-z_]+) =/g);
    const unknown = sets.filter(({ groups: [, table = "", column = ""] }) => columnsOf.get(table)?.has(column) !== true);
    expect(sets.length).toBeGreaterThan(10);
    expect(unknown.map(({ place, groups }) => `${place} ${groups[0]}`)).toEqual([]);
  });
});
