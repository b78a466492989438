import * as z from "zod";
import { compileDeploymentFilters } from "../../filters/index.ts";
import { operation } from "../../http/operation.ts";
import { paged, pageOf } from "../../http/paging.ts";
import { presentDeployment } from "../../present/deployments.ts";
import { presentFlowRun } from "../../present/flow-runs.ts";
import {
  deployment,
  deploymentBulkDelete,
  deploymentBulkDeleted,
  deploymentCount,
  deploymentList,
  deploymentPage,
  deploymentPoll,
} from "../../schemas/deployments.ts";
import { flowRun } from "../../schemas/flow-runs.ts";
import { deleteObjects } from "../../store/deletion/objects.ts";
import { listDeploymentIds } from "../../store/deployments/change.ts";
import { pollDeployments, recordPoll } from "../../store/deployments/poll.ts";
import { countDeployments, listDeployments, pageDeployments } from "../../store/deployments/read.ts";
import { inBackground, tag } from "./shared.ts";

/** Operations on lists of deployments. */
export const deploymentLists = [
  operation({
    method: "POST",
    path: "/deployments/filter",
    tag,
    scope: "see_deployments",
    summary: "Read Deployments",
    body: deploymentList,
    bodyRequired: false,
    response: z.array(deployment),
    handle: async ({ body: { sort, limit, offset, ...filters }, deps }) => {
      const now = deps.now();
      const list = { where: compileDeploymentFilters(filters), sort, limit, offset };
      return (await listDeployments(deps.db, list, now)).map((stored) => presentDeployment(stored, now));
    },
  }),
  operation({
    method: "POST",
    path: "/deployments/paginate",
    tag,
    scope: "see_deployments",
    summary: "Paginate Deployments",
    body: deploymentPage,
    bodyRequired: false,
    response: pageOf("DeploymentPaginationResponse", deployment),
    handle: ({ body: { sort, limit, page, ...filters }, deps }) => {
      const where = compileDeploymentFilters(filters);
      const now = deps.now();
      return paged(
        { limit, page },
        (window) => pageDeployments(deps.db, { where, sort, ...window }, now),
        (stored) => presentDeployment(stored, now),
      );
    },
  }),
  operation({
    method: "POST",
    path: "/deployments/count",
    tag,
    scope: "see_deployments",
    summary: "Count Deployments",
    body: deploymentCount,
    bodyRequired: false,
    response: z.number().int(),
    handle: ({ body, deps }) => countDeployments(deps.db, compileDeploymentFilters(body)),
  }),
  operation({
    method: "POST",
    path: "/deployments/bulk_delete",
    tag,
    scope: "manage_deployments",
    audited: "deployment",
    summary: "Bulk Delete Deployments",
    body: deploymentBulkDelete,
    bodyRequired: false,
    response: deploymentBulkDeleted,
    handle: async ({ body: { deployments, limit }, deps }) => {
      const ids = await listDeploymentIds(deps.db, compileDeploymentFilters({ deployments }), limit);
      deps.db.about({ count: ids.length });
      return { deleted: await deleteObjects(deps, "deployment", ids) };
    },
  }),
  operation({
    method: "POST",
    path: "/deployments/get_scheduled_flow_runs",
    tag,
    scope: "run_workers",
    audited: false,
    summary: "Get Scheduled Flow Runs For Deployments",
    body: deploymentPoll,
    response: z.array(flowRun),
    handle: async ({ body: { deployment_ids, scheduled_before = null, limit }, deps }) => {
      const now = deps.now();
      const runs = await pollDeployments(deps.db, { deployment_ids, scheduled_before, limit, now });
      // The time of the poll is written after the answer: the runner does not need it.
      inBackground(deps, "marks of polled deployments", recordPoll(deps.db, deployment_ids, deps));
      return runs.map((run) => presentFlowRun(run, now));
    },
  }),
];
