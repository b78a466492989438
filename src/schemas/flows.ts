import * as z from "zod";
import { integer, jsonObject, labels, objectName, optional, tags, uuid, wireTime } from "./common.ts";
import { flowFilter } from "./filters/flows.ts";

export const flow = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    name: z.string(),
    tags: tags(),
    labels: jsonObject().nullable(),
  })
  .meta({ id: "Flow" });
export type Flow = z.input<typeof flow>;

export const flowCreate = z
  .strictObject({
    name: objectName(),
    tags: tags().default([]),
    labels: labels().nullable().default({}),
  })
  .meta({ id: "FlowCreate" });
export type FlowCreate = z.output<typeof flowCreate>;

export const flowUpdate = z.strictObject({ tags: tags().optional() }).meta({ id: "FlowUpdate" });
export type FlowUpdate = z.output<typeof flowUpdate>;

/** Bulk deletion takes 1 to 50 flows at once. */
export const flowBulkDelete = z.object({ flows: optional(flowFilter), limit: withLimit() });

function withLimit() {
  return optional(integer({ min: 1, max: 50 }));
}
