import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { parseAst } from "vitest/node";

/** A node of a syntax tree. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

/** A file of `src/`, parsed. */
export interface Source {
  /** Below `src/`, with slashes: `store/sql/emit.ts`. */
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly lines: number;
  readonly nodes: readonly Node[];
  /** Files of `src/` that it imports. */
  readonly imports: readonly string[];
  /** Those of them that it needs at run time. */
  readonly values: readonly string[];
  readonly packages: readonly string[];
}

const root = join(import.meta.dirname, "../../src");

/** Tells whether a value is a node of a syntax tree. */
export const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value;

function* walk(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const part of value) yield* walk(part);
  if (!isNode(value)) return;
  yield value;
  for (const member of Object.values(value)) if (typeof member === "object") yield* walk(member);
}

/** Returns the text of a string literal, or of the fixed part of a template. */
export function textOf(node: Node): string | undefined {
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
  const { value } = node;
  return node.type === "TemplateElement" && typeof value === "object" && value !== null && "raw" in value
    ? String(value.raw)
    : undefined;
}

const takesFrom = new Set(["ImportDeclaration", "ExportNamedDeclaration", "ExportAllDeclaration", "ImportExpression"]);

function read(path: string): Source {
  const text = readFileSync(join(root, path), "utf8");
  const nodes = [...walk(parseAst(text, { lang: path.endsWith(".ts") ? "ts" : "js" }))];
  const taken = nodes.filter(({ type }) => takesFrom.has(type));
  const namesOf = (list: readonly Node[]) => list.flatMap(({ source }) => (isNode(source) ? (textOf(source) ?? []) : []));
  const from = namesOf(taken);
  const own = (names: readonly string[]) =>
    names.filter((name) => name.startsWith(".")).map((name) => normalize(join(dirname(path), name)));
  return {
    path,
    room: path.includes("/") ? (path.split("/")[0] ?? "") : path,
    text,
    lines: text.split("\n").length - 1,
    nodes,
    imports: own(from),
    values: own(namesOf(taken.filter(({ importKind, exportKind }) => importKind !== "type" && exportKind !== "type"))),
    packages: from.filter((name) => !name.startsWith(".")),
  };
}

/** All files of `src/`. */
export const sources: readonly Source[] = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.(ts|mjs)$/.test(path))
  .sort()
  .map(read);

/** Returns the line of a node. */
export const lineOf = ({ text }: Source, { start }: Node): number => text.slice(0, start).split("\n").length;
