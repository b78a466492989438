import * as z from "zod";
import { json, uuid, wireTime } from "./common.ts";
import { listBody } from "./filters/bodies.ts";
import { list } from "./lists.ts";

/** How many filters one saved search has at most; the user interface saved a handful. */
const mostFilters = 1000;

const savedSearchFilter = z
  .object({ object: z.string(), property: z.string(), type: z.string(), operation: z.string(), value: json() })
  .register(z.globalRegistry, { id: "SavedSearchFilter" });
export type SavedSearchFilter = z.output<typeof savedSearchFilter>;

export const savedSearch = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    name: z.string(),
    filters: z.array(savedSearchFilter),
  })
  .register(z.globalRegistry, { id: "SavedSearch" });
export type SavedSearch = z.input<typeof savedSearch>;

export const savedSearchCreate = z
  .strictObject({ name: z.string(), filters: list(savedSearchFilter, mostFilters).default([]) })
  .register(z.globalRegistry, { id: "SavedSearchCreate" });
export type SavedSearchCreate = z.output<typeof savedSearchCreate>;

export const savedSearchList = listBody({});
