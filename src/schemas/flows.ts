import * as z from "zod";
import { jsonObject, labels, objectName, optional, tags, uuid, wireTime } from "./common.ts";
import { bulkLimit, countBody, filtersOfFlows, listBody, pageBody } from "./filters/bodies.ts";
import { flowFilter } from "./filters/flows.ts";
import { sortOfFlows } from "./sorting.ts";

export const flow = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    name: z.string(),
    tags: tags(),
    labels: jsonObject().nullable(),
  })
  .register(z.globalRegistry, { id: "Flow" });
export type Flow = z.input<typeof flow>;

export const flowCreate = z
  .strictObject({
    name: objectName(),
    tags: tags().default([]),
    labels: labels().nullable().default({}),
  })
  .register(z.globalRegistry, { id: "FlowCreate" });
export type FlowCreate = z.output<typeof flowCreate>;

export const flowUpdate = z.strictObject({ tags: tags().optional() }).register(z.globalRegistry, { id: "FlowUpdate" });
export type FlowUpdate = z.output<typeof flowUpdate>;

export const flowList = listBody({ ...filtersOfFlows, sort: sortOfFlows() });
export const flowPage = pageBody({ ...filtersOfFlows, sort: sortOfFlows() });
export const flowCount = countBody(filtersOfFlows);
export const flowBulkDelete = z.object({ flows: optional(flowFilter), limit: bulkLimit() });
export const flowBulkDeleted = z.object({ deleted: z.array(uuid()) }).meta({ id: "FlowBulkDeleteResponse" });
