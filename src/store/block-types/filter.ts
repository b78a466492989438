import { canBePattern } from "../../filters/predicate.ts";
import type { BlockDocumentFilter, BlockSchemaFilter, BlockTypeFilter } from "../../schemas/filters/blocks.ts";
import type { Operator } from "../../schemas/filters/members.ts";
import type { Sql } from "../client.ts";
import { isOneOf } from "../sql/emit.ts";
import { allOf, always, joined, raw, sql } from "../sql/tag.ts";

type Conditions = readonly (Sql | undefined)[];

const sent = (conditions: Conditions): Sql[] => conditions.filter((one) => one !== undefined);

/** A member of a filter: all that it says; one that says nothing is true. */
const member = (...conditions: Conditions): Sql => allOf(sent(conditions));

/** Joins the members that were sent; none at all is true, whatever the operator. */
function joinBy(operator: Operator, members: Conditions): Sql {
  const given = sent(members).map((one) => sql`(${one})`);
  return given.length === 0 ? always : joined(given, operator === "or_" ? " or " : " and ");
}

const column = (alias: string, name: string): Sql => raw(`${alias}.${name}`);

const isIn = (expression: Sql, values: readonly string[] | undefined): Sql | undefined => values && isOneOf(expression, values);

function contains(expression: Sql, text: string | undefined): Sql | undefined {
  if (!text) return undefined;
  return canBePattern(text) ? sql`${expression} like ${`%${text}%`}` : raw("0");
}

/** Returns the condition on a block type. */
export function isWantedType({ name, slug }: BlockTypeFilter, alias: string): Sql {
  const of = (part: string) => column(alias, part);
  return joinBy("and_", [name && member(contains(of("name"), name.like_)), slug && member(isIn(of("slug"), slug.any_))]);
}

/** Returns the condition on a block schema. */
export function isWantedSchema(filter: BlockSchemaFilter, alias: string): Sql {
  const { operator, block_type_id, block_capabilities, id, version } = filter;
  const of = (part: string) => column(alias, part);
  const has = (capability: string) => sql`exists (select 1 from json_each(${of("capabilities")}) where value = ${capability})`;
  return joinBy(operator, [
    block_type_id && member(isIn(of("block_type_id"), block_type_id.any_)),
    block_capabilities && member(...(block_capabilities.all_ ?? []).map(has)),
    id && member(isIn(of("id"), id.any_)),
    version && member(isIn(of("version"), version.any_)),
  ]);
}

/** Returns the condition on a block document. */
export function isWantedDocument(filter: BlockDocumentFilter, alias: string): Sql {
  const { operator, id, is_anonymous, block_type_id, name } = filter;
  const of = (part: string) => column(alias, part);
  const anonymous = is_anonymous?.eq_;
  return joinBy(operator, [
    id && member(isIn(of("id"), id.any_)),
    is_anonymous === null
      ? undefined
      : member(anonymous === undefined ? undefined : sql`${of("is_anonymous")} = ${anonymous ? 1 : 0}`),
    block_type_id && member(isIn(of("block_type_id"), block_type_id.any_)),
    name && member(isIn(of("name"), name.any_), contains(of("name"), name.like_)),
  ]);
}
