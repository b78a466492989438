import type { TextQuery } from "../../domain/text-search.ts";
import type { Sql } from "../client.ts";
import { joined, raw, sql } from "./tag.ts";

/**
 * Returns the conditions that a search makes on a text expression, one for each kind of term that was asked for.
 * Upper and lower case count as equal, in every alphabet.
 */
export function searchConditions(text: string, { include, require, exclude }: TextQuery): Sql[] {
  const conditions: Sql[] = [];
  const add = (terms: readonly string[], word: string, not = "") => {
    if (terms.length === 0) return;
    const parts = terms.map((term) => sql`${raw(not)}${containing(text, term)}`);
    conditions.push(sql`(${joined(parts, word)})`);
  };
  add(include, " or ");
  add(require, " and ");
  add(exclude, " and ", "not ");
  return conditions;
}

const isAscii = (text: string) => /^[\x00-\x7f]*$/.test(text);

// LIKE folds the case of ASCII letters only; for others each letter becomes a class of its cases.
function containing(text: string, term: string): Sql {
  return isAscii(term)
    ? sql`${raw(text)} like ${`%${term.replace(/[\\%_]/g, "\\$&")}%`} escape '\\'`
    : sql`${raw(text)} glob ${`*${Array.from(term, eitherCase).join("")}*`}`;
}

const oneCharacter = (text: string) => [...text].length === 1;

function eitherCase(character: string): string {
  const cases = new Set([character, character.toLowerCase(), character.toUpperCase()].filter(oneCharacter));
  return cases.size > 1 ? `[${[...cases].join("")}]` : globLiteral(character);
}

/** Returns a glob pattern that only this text matches. */
export const globLiteral = (text: string): string => text.replace(/[[*?]/g, "[$&]");
