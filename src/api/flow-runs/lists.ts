import * as z from "zod";
import { compileFlowRunFilters } from "../../filters/index.ts";
import { operation } from "../../http/operation.ts";
import { paged, pageOf } from "../../http/paging.ts";
import { presentFlowRun } from "../../present/flow-runs.ts";
import {
  flowRun,
  flowRunBulkDelete,
  flowRunBulkDeleted,
  flowRunCount,
  flowRunList,
  flowRunPage,
} from "../../schemas/flow-runs.ts";
import { deleteObjects } from "../../store/deletion/objects.ts";
import { countFlowRuns, listFlowRunIds, listFlowRuns, pageFlowRuns } from "../../store/flow-runs/read.ts";

const tag = "Flow Runs";

/** Operations on flow runs by filters. */
export const flowRunLists = [
  operation({
    method: "POST",
    path: "/flow_runs/filter",
    tag,
    scope: "see_flow_runs",
    summary: "Read Flow Runs",
    body: flowRunList,
    bodyRequired: false,
    response: z.array(flowRun),
    handle: async ({ body: { sort, limit, offset, ...filters }, deps }) => {
      const rows = await listFlowRuns(deps.db, { where: compileFlowRunFilters(filters), sort, limit, offset });
      const now = deps.now();
      return rows.map((row) => presentFlowRun(row, now));
    },
  }),
  operation({
    method: "POST",
    path: "/flow_runs/count",
    tag,
    scope: "see_flow_runs",
    summary: "Count Flow Runs",
    body: flowRunCount,
    bodyRequired: false,
    response: z.number().int(),
    handle: ({ body, deps }) => countFlowRuns(deps.db, compileFlowRunFilters(body)),
  }),
  operation({
    method: "POST",
    path: "/flow_runs/paginate",
    tag,
    scope: "see_flow_runs",
    summary: "Paginate Flow Runs",
    body: flowRunPage,
    bodyRequired: false,
    response: pageOf("FlowRunPaginationResponse", flowRun),
    handle: ({ body: { sort, limit, page, ...filters }, deps }) => {
      const where = compileFlowRunFilters(filters);
      const now = deps.now();
      return paged(
        { limit, page },
        (window) => pageFlowRuns(deps.db, { where, sort, ...window }),
        (row) => presentFlowRun(row, now),
      );
    },
  }),
  operation({
    method: "POST",
    path: "/flow_runs/bulk_delete",
    tag,
    scope: "manage_flow_runs",
    audited: "flow_run",
    summary: "Bulk Delete Flow Runs",
    body: flowRunBulkDelete,
    bodyRequired: false,
    response: flowRunBulkDeleted,
    handle: async ({ body: { flow_runs, limit }, deps }) => {
      const where = compileFlowRunFilters({ flow_runs });
      const ids = await listFlowRunIds(deps.db, { where, sort: "ID_DESC", limit, offset: 0 });
      deps.db.about({ count: ids.length });
      return { deleted: await deleteObjects(deps, "flow_run", ids) };
    },
  }),
];
