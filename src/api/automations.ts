import * as z from "zod";
import { operation } from "../http/operation.ts";
import { json } from "../schemas/common.ts";

const tag = "Automations";
const byResource = z.object({ resource_id: z.string() });

/**
 * The two operations on automations that deployment commands call. Automations cannot be created yet, so that none is related to a
 * resource and none is owned by one.
 */
export const automationOperations = [
  operation({
    method: "GET",
    path: "/automations/related-to/{resource_id}",
    tag,
    scope: "see_automations",
    summary: "Read Automations Related To Resource",
    params: byResource,
    response: z.array(json()),
    handle: () => [],
  }),
  operation({
    method: "DELETE",
    path: "/automations/owned-by/{resource_id}",
    tag,
    scope: "manage_automations",
    summary: "Delete Automations Owned By Resource",
    params: byResource,
    response: z.null(),
    status: 202,
    handle: () => null,
  }),
];
