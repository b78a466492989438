import type { Sql } from "./emit.ts";

/** Returns the statement of a list: `select`, `from` and `order` are the program's own text, the rest is bound. */
export function listQuery(query: {
  select: string;
  from: string;
  where: Sql;
  order: string;
  limit: number;
  offset: number;
}): Sql {
  const { select, from, where, order, limit, offset } = query;
  return {
    sql: `SELECT ${select} FROM ${from} WHERE ${where.sql} ORDER BY ${order} LIMIT ? OFFSET ?`,
    args: [...where.args, limit, offset],
  };
}

/** Returns the statement that counts the rows of a list: its only column is `count`. */
export const countQuery = ({ from, where }: { from: string; where: Sql }): Sql => ({
  sql: `SELECT count(*) AS count FROM ${from} WHERE ${where.sql}`,
  args: where.args,
});
