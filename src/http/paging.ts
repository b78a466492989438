import * as z from "zod";
import type { Rows } from "../lib/rows.ts";

/** The response schema of a paginate operation over rows of one schema. */
export const pageOf = <T extends z.ZodType>(id: string, row: T) =>
  z
    .object({
      results: z.array(row),
      count: z.number().int(),
      limit: z.number().int(),
      pages: z.number().int(),
      page: z.number().int(),
    })
    .meta({ id });

/** Returns the response of a paginate operation; `pages` is 0 for limit 0. */
export function page<Results>({ results, count, limit, page }: { results: Results; count: number; limit: number; page: number }) {
  return { results, count, limit, pages: limit === 0 ? 0 : Math.ceil(count / limit), page };
}

interface Asked {
  readonly limit: number;
  readonly page: number;
}

/** Answers a paginate operation: reads the rows of the page that a body asks for with the count of all, and presents them. */
export async function paged<Row, Wire>(
  { limit, page: number }: Asked,
  read: (window: { readonly limit: number; readonly offset: number }) => Promise<{ rows: Rows<Row>; count: number }>,
  present: (row: Row) => Wire,
) {
  const { rows, count } = await read({ limit, offset: (number - 1) * limit });
  return page({ results: rows.map(present), count, limit, page: number });
}
