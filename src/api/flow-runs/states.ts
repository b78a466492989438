import { compileFlowRunFilters } from "../../filters/index.ts";
import { clientOf } from "../../http/client.ts";
import { missing } from "../../http/errors.ts";
import { operation } from "../../http/operation.ts";
import { presentDecision } from "../../present/states.ts";
import { byId } from "../../schemas/common.ts";
import { flowRunBulkSetState, flowRunBulkStateSet, flowRunResume } from "../../schemas/flow-runs.ts";
import { orchestrationResult, setState } from "../../schemas/states.ts";
import { setFlowRunStates } from "../../services/bulk-set-flow-run-state.ts";
import { resumeFlowRun } from "../../services/resume-flow-run.ts";
import { setFlowRunState } from "../../services/set-flow-run-state.ts";
import { orchestrationReply } from "../orchestration-reply.ts";

const tag = "Flow Runs";

/** Operations that propose states for flow runs. */
export const flowRunStates = [
  operation({
    method: "POST",
    path: "/flow_runs/{id}/set_state",
    tag,
    scope: "run_flows",
    audited: false,
    summary: "Set Flow Run State",
    params: byId,
    body: setState,
    response: orchestrationResult,
    otherStatus: 201,
    handle: async ({ params, body, deps, request }) => {
      const { state: proposal, force } = body;
      const decision = await setFlowRunState(deps, { id: params.id, proposal, force, client: clientOf(request) });
      if (decision === null) throw missing(`Flow run with id ${params.id} not found`);
      return orchestrationReply(decision);
    },
  }),
  operation({
    method: "POST",
    path: "/flow_runs/bulk_set_state",
    tag,
    scope: "run_flows",
    audited: false,
    summary: "Bulk Set Flow Run State",
    body: flowRunBulkSetState,
    response: flowRunBulkStateSet,
    handle: async ({ body, deps, request }) => {
      const { flow_runs, state: proposal, force, limit } = body;
      const where = compileFlowRunFilters({ flow_runs });
      const decided = await setFlowRunStates(deps, { where, limit, proposal, force, client: clientOf(request) });
      return { results: decided.map(({ flow_run_id, decision }) => ({ flow_run_id, ...presentDecision(decision) })) };
    },
  }),
  operation({
    method: "POST",
    path: "/flow_runs/{id}/resume",
    tag,
    scope: "run_flows",
    audited: false,
    summary: "Resume Flow Run",
    params: byId,
    body: flowRunResume,
    bodyRequired: false,
    response: orchestrationResult,
    otherStatus: 201,
    handle: async ({ params, body, deps, request }) => {
      const decision = await resumeFlowRun(deps, { id: params.id, run_input: body.run_input ?? null, client: clientOf(request) });
      if (decision === null) throw missing(`Flow run with id ${params.id} not found`);
      return orchestrationReply(decision);
    },
  }),
];
