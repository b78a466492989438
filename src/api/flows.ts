import * as z from "zod";
import { compileFlowFilters } from "../filters/index.ts";
import { found, notFound } from "../http/errors.ts";
import { createdOrFound, operation } from "../http/operation.ts";
import { paged, pageOf } from "../http/paging.ts";
import { presentFlow } from "../present/flows.ts";
import { byId } from "../schemas/common.ts";
import {
  flow,
  flowBulkDelete,
  flowBulkDeleted,
  flowCount,
  flowCreate,
  flowList,
  flowPage,
  flowUpdate,
} from "../schemas/flows.ts";
import { deleteObjects } from "../store/deletion/objects.ts";
import { countFlows, listFlowIds, listFlows, pageFlows, readFlow, readFlowByName } from "../store/flows/read.ts";
import { createFlow, updateFlow } from "../store/flows/write.ts";

const tag = "Flows";
const absent = "Flow not found";

export const flowOperations = [
  operation({
    method: "POST",
    path: "/flows/",
    tag,
    scope: "run_flows",
    audited: "flow",
    summary: "Create Flow",
    body: flowCreate,
    response: flow,
    status: 201,
    otherStatus: 200,
    handle: async ({ body, deps }) => {
      const id = deps.newId();
      deps.db.about({ id, name: body.name });
      const { row, created } = await createFlow(deps.db, id, body, { now: deps.now(), eventId: deps.newId() });
      return createdOrFound(created, presentFlow(row));
    },
  }),
  operation({
    method: "GET",
    path: "/flows/{id}",
    tag,
    scope: "see_flows",
    summary: "Read Flow",
    params: byId,
    response: flow,
    handle: async ({ params, deps }) => presentFlow(found(await readFlow(deps.db, params.id), absent)),
  }),
  operation({
    method: "GET",
    path: "/flows/name/{name}",
    tag,
    scope: "see_flows",
    summary: "Read Flow By Name",
    params: z.object({ name: z.string() }),
    response: flow,
    errors: [404],
    handle: async ({ params, deps }) => presentFlow(found(await readFlowByName(deps.db, params.name), absent)),
  }),
  operation({
    method: "PATCH",
    path: "/flows/{id}",
    tag,
    scope: "manage_flows",
    audited: "flow",
    summary: "Update Flow",
    params: byId,
    body: flowUpdate,
    handle: async ({ params, body, deps }) => {
      if (!(await updateFlow(deps.db, params.id, body, { now: deps.now(), eventId: deps.newId() }))) throw notFound(absent);
    },
  }),
  operation({
    method: "DELETE",
    path: "/flows/{id}",
    tag,
    scope: "manage_flows",
    audited: "flow",
    summary: "Delete Flow",
    params: byId,
    handle: async ({ params, deps }) => {
      if ((await deleteObjects(deps, "flow", [params.id])).length === 0) throw notFound(absent);
    },
  }),
  operation({
    method: "POST",
    path: "/flows/filter",
    tag,
    scope: "see_flows",
    summary: "Read Flows",
    body: flowList,
    bodyRequired: false,
    response: z.array(flow),
    handle: async ({ body: { sort, limit, offset, ...filters }, deps }) =>
      (await listFlows(deps.db, { where: compileFlowFilters(filters), sort, limit, offset })).map(presentFlow),
  }),
  operation({
    method: "POST",
    path: "/flows/count",
    tag,
    scope: "see_flows",
    summary: "Count Flows",
    body: flowCount,
    bodyRequired: false,
    response: z.number().int(),
    handle: ({ body, deps }) => countFlows(deps.db, compileFlowFilters(body)),
  }),
  operation({
    method: "POST",
    path: "/flows/paginate",
    tag,
    scope: "see_flows",
    summary: "Paginate Flows",
    body: flowPage,
    bodyRequired: false,
    response: pageOf("FlowPaginationResponse", flow),
    handle: ({ body: { sort, limit, page, ...filters }, deps }) => {
      const where = compileFlowFilters(filters);
      return paged({ limit, page }, (window) => pageFlows(deps.db, { where, sort, ...window }), presentFlow);
    },
  }),
  operation({
    method: "POST",
    path: "/flows/bulk_delete",
    tag,
    scope: "manage_flows",
    audited: "flow",
    summary: "Bulk Delete Flows",
    body: flowBulkDelete,
    bodyRequired: false,
    response: flowBulkDeleted,
    handle: async ({ body: { flows, limit }, deps }) => {
      const ids = await listFlowIds(deps.db, compileFlowFilters({ flows }), limit);
      deps.db.about({ count: ids.length });
      return { deleted: await deleteObjects(deps, "flow", ids) };
    },
  }),
];
