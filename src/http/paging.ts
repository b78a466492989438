import * as z from "zod";

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
