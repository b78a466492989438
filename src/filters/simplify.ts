import { always, type Column, never, type Predicate } from "./predicate.ts";
import { type Relation, relations } from "./relations.ts";

/** Returns the same condition without parts that change nothing; what can match no row becomes `never`. */
export function simplify(predicate: Predicate): Predicate {
  switch (predicate.kind) {
    case "and":
      return joinParts("and", always, never, predicate.parts);
    case "or":
      return joinParts("or", never, always, predicate.parts);
    case "in":
      return predicate.values.length === 0 ? never : { ...predicate, values: [...new Set(predicate.values)] };
    case "not_in":
      return predicate.values.length === 0 ? always : { ...predicate, values: [...new Set(predicate.values)] };
    case "any_tag":
      return predicate.tags.length === 0 ? never : { ...predicate, tags: [...new Set(predicate.tags)] };
    case "all_tags":
      return predicate.tags.length === 0 ? always : { ...predicate, tags: [...new Set(predicate.tags)] };
    case "some": {
      const where = simplify(withoutLink(predicate.relation, predicate.where));
      return where.kind === "never" ? never : ownColumn(predicate.relation, where);
    }
    case "no": {
      const where = simplify(predicate.where);
      return where.kind === "never" ? always : { ...predicate, where };
    }
    default:
      return predicate;
  }
}

// `neutral` may be left out of a list, `absorbing` decides it.
function joinParts(kind: "and" | "or", neutral: Predicate, absorbing: Predicate, parts: readonly Predicate[]): Predicate {
  const kept: Predicate[] = [];
  for (const part of parts.map(simplify)) {
    if (part.kind === absorbing.kind) return absorbing;
    if (part.kind === neutral.kind) continue;
    if (part.kind === kind) kept.push(...part.parts);
    else kept.push(part);
  }
  const left = kind === "and" ? withoutImplied(kept) : kept;
  const [first, second] = left;
  if (first === undefined) return neutral;
  return second === undefined ? first : { kind, parts: left };
}

// A condition that a null in a column cannot meet says by itself that there is a value.
function withoutImplied(parts: readonly Predicate[]): readonly Predicate[] {
  const needed = new Set(parts.map(neededColumn));
  if (parts.some((part) => part.kind === "null" && needed.has(part.column))) return [never];
  return parts.filter((part) => part.kind !== "not_null" || !needed.has(part.column));
}

function neededColumn(part: Predicate): Column | undefined {
  switch (part.kind) {
    case "in":
    case "not_in":
    case "at_least":
    case "at_most":
    case "contains":
    case "starts_with":
      return part.column;
    case "some": {
      const { key, by } = relations[part.relation];
      return key === "id" ? ownColumns[by] : undefined;
    }
    default:
      return undefined;
  }
}

// Many related rows have the row's id in the column that links them: it is not null.
function withoutLink(relation: Relation, where: Predicate): Predicate {
  const { key } = relations[relation];
  if (key === "id") return where;
  if (where.kind === "and") return { kind: "and", parts: where.parts.map((part) => withoutLink(relation, part)) };
  if (where.kind === "null" && where.column === key) return never;
  return where.kind === "not_null" && where.column === key ? always : where;
}

// Where a foreign key keeps the related row in being, a question for its id alone is answered by the row's own column.
function ownColumn(relation: Relation, where: Predicate): Predicate {
  const { by, kept } = relations[relation];
  const column = ownColumns[by];
  if (kept !== undefined && column !== undefined) {
    if (where.kind === "always") return kept === "always" ? always : { kind: "not_null", column };
    if ((where.kind === "in" || where.kind === "not_in") && where.column === "id") return { ...where, column };
  }
  return { kind: "some", relation, where };
}

const ownColumns: Partial<Record<string, Column>> = {
  flow_id: "flow_id",
  deployment_id: "deployment_id",
  flow_run_id: "flow_run_id",
  work_queue_id: "work_queue_id",
  work_pool_id: "work_pool_id",
  parent_task_run_id: "parent_task_run_id",
};
