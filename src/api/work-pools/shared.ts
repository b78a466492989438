import * as z from "zod";

export const tag = "Work Pools";

export const byName = z.object({ name: z.string() });
export const byPool = z.object({ work_pool_name: z.string() });
export const byPoolAndName = z.object({ work_pool_name: z.string(), name: z.string() });

export const absentPool = (name: string): string => `Work pool "${name}" not found.`;
export const absentQueue = (work_pool_name: string, name: string): string =>
  `Work pool queue '${work_pool_name}/${name}' not found.`;
