import * as z from "zod";
import { operation } from "../http/operation.ts";
import { json } from "../schemas/common.ts";

const tag = "Automations";
const byResource = z.object({ resource_id: z.string() });

/**
 * What the commands about deployments ask of automations. There is no way yet to make one here, so none is related to anything and none
 * is owned: the group itself comes later, and with it what these two read and delete.
 */
export const automationOperations = [
  operation({
    method: "GET",
    path: "/automations/related-to/{resource_id}",
    tag,
    summary: "Read Automations Related To Resource",
    params: byResource,
    response: z.array(json()),
    handle: () => [],
  }),
  operation({
    method: "DELETE",
    path: "/automations/owned-by/{resource_id}",
    tag,
    summary: "Delete Automations Owned By Resource",
    params: byResource,
    response: z.null(),
    status: 202,
    handle: () => null,
  }),
];
