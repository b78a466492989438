import { decideFlowRunState, decideTaskRunState } from "../../../src/domain/orchestration/decide.ts";
import type { FlowRunPolicyName } from "../../../src/domain/orchestration/flow-run-policies.ts";
import type {
  FlowRunColumns,
  FlowRunContext,
  FlowRunDecision,
  LeaseFacts,
  TaskRunColumns,
  TaskRunContext,
  TaskRunDecision,
} from "../../../src/domain/orchestration/types.ts";
import {
  makeState,
  propose,
  type State,
  type StateDetails,
  type StateProposal,
  type StateType,
} from "../../../src/domain/states.ts";

export const second = 1_000_000;
export const start = 1_800_000_000 * second;
export const newClient = "3.8.8";
export const oldClient = "3.4.0";

/** A clock and ids that can be foretold. */
export function surroundings() {
  let made = 0;
  return { now: start, random: () => 0.5, newId: () => `id-${++made}` };
}

const noColumns = {
  run_count: 0,
  expected_start_time: null,
  next_scheduled_start_time: null,
  start_time: null,
  end_time: null,
  total_run_time: 0,
};

export const flowRunColumns = (more: Partial<FlowRunColumns> = {}): FlowRunColumns => ({
  ...noColumns,
  id: "flow-run",
  name: "run",
  deployment_id: null,
  parent_task_run_id: null,
  infrastructure_pid: null,
  tags: [],
  created_by: null,
  empirical_policy: {},
  concurrency_limit_id: null,
  ...more,
});

export const taskRunColumns = (more: Partial<TaskRunColumns> = {}): TaskRunColumns => ({
  ...noColumns,
  id: "task-run",
  flow_run_id: "flow-run",
  task_key: "load",
  tags: [],
  empirical_policy: {},
  flow_run_run_count: 0,
  ...more,
});

export const nothingRelated = { flow: null, deployment: null, work_queue: null, work_pool: null, parent_task_run: null };

export const flowRunContext = (more: Partial<FlowRunContext> = {}): FlowRunContext => ({
  ...surroundings(),
  run: flowRunColumns(),
  initial_state: null,
  deployment: null,
  lease: null,
  client_version: null,
  api_version: null,
  related: nothingRelated,
  ...more,
});

export const taskRunContext = (more: Partial<TaskRunContext> = {}): TaskRunContext => ({
  ...surroundings(),
  run: taskRunColumns(),
  initial_state: null,
  flow_run: { id: "flow-run", state: stateOf("RUNNING"), run_count: 1 },
  tag_limits: [],
  cached_state: null,
  ...more,
});

type Parts = Parameters<typeof propose>[1];

export const stateOf = (type: StateType, parts: Parts = {}, timestamp = start - second): State =>
  makeState(propose(type, parts), { id: `${type}-state`, timestamp });

export const proposal = (type: StateType, name: string | null = null, details: Partial<StateDetails> = {}): StateProposal =>
  propose(type, { name, state_details: details });

interface Ask {
  readonly force?: boolean;
  readonly policy?: FlowRunPolicyName;
  readonly client?: string | null;
  readonly after?: number;
}

/** The slots that several runs share: leases, and runs that hold one themselves. */
export class Slots {
  readonly leases = new Map<string, LeaseFacts>();
  readonly runs: FlowRunInMemory[] = [];

  occupied(limit_id: string, now: number): number {
    const live = [...this.leases.values()].filter((lease) => lease.expires > now).flatMap((lease) => lease.slots);
    const holders = this.runs.filter(({ run }) => run.concurrency_limit_id === limit_id);
    return live.filter((slot) => slot.limit_id === limit_id).length + holders.length;
  }
}

/** One flow run whose decisions are written to memory as a store would write them. */
export class FlowRunInMemory {
  readonly context: { -readonly [K in keyof FlowRunContext]: FlowRunContext[K] };
  readonly states: State[] = [];
  readonly slots: Slots;
  last: FlowRunDecision | null = null;

  constructor(more: Partial<FlowRunContext> = {}, slots = new Slots()) {
    this.context = flowRunContext(more);
    this.slots = slots;
    slots.runs.push(this);
  }

  get run(): FlowRunColumns {
    return this.context.run;
  }

  propose(sent: StateProposal, { force = false, policy = "core", client = null, after = second }: Ask = {}): FlowRunDecision {
    this.context.now += after;
    this.context.client_version = client;
    this.refresh();
    const decision = decideFlowRunState(this.context, sent, { force, policy });
    this.write(decision);
    return decision;
  }

  /** Loads the facts that other runs may have changed. */
  refresh(): void {
    const lease_id = this.context.initial_state?.state_details.deployment_concurrency_lease_id;
    this.context.lease = (lease_id && this.slots.leases.get(lease_id)) || null;
    const { deployment } = this.context;
    const limit = deployment?.concurrency_limit;
    if (deployment && limit)
      this.context.deployment = { ...deployment, concurrency_limit: { ...limit, occupied: this.occupied(limit.id) } };
  }

  occupied(limit_id: string): number {
    return this.slots.occupied(limit_id, this.context.now);
  }

  write(decision: FlowRunDecision): void {
    this.last = decision;
    const { empirical_policy = this.run.empirical_policy, ...columns } = decision.run_changes;
    this.context.run = { ...this.run, ...columns, empirical_policy };
    for (const effect of decision.effects) {
      if (effect.kind === "release_lease") this.slots.leases.delete(effect.lease_id);
      const expires = "ttl_seconds" in effect ? this.context.now + effect.ttl_seconds * second : 0;
      if (effect.kind === "take_lease")
        this.slots.leases.set(effect.lease_id, {
          id: effect.lease_id,
          expires,
          slots: effect.limit_ids.map((limit_id) => ({ limit_id, slots: 1 })),
        });
      const renewed = effect.kind === "renew_lease" ? this.slots.leases.get(effect.lease_id) : undefined;
      if (renewed !== undefined) this.slots.leases.set(renewed.id, { ...renewed, expires });
    }
    if (decision.written !== null) {
      this.states.push(decision.written);
      this.context.initial_state = decision.written;
    }
  }
}

/** A flow run that was created with a state. */
export function createdFlowRun(first: StateProposal, more: Partial<FlowRunContext> = {}, slots = new Slots()): FlowRunInMemory {
  const run = new FlowRunInMemory(more, slots);
  run.propose(first, { force: true });
  return run;
}

/** One task run whose decisions are written to memory. */
export class TaskRunInMemory {
  readonly context: { -readonly [K in keyof TaskRunContext]: TaskRunContext[K] };

  constructor(more: Partial<TaskRunContext> = {}) {
    this.context = taskRunContext(more);
  }

  get run(): TaskRunColumns {
    return this.context.run;
  }

  propose(sent: StateProposal, force = false): TaskRunDecision {
    this.context.now += second;
    const decision = decideTaskRunState(this.context, sent, { force });
    this.context.run = { ...this.run, ...decision.run_changes };
    if (decision.written !== null) this.context.initial_state = decision.written;
    return decision;
  }
}

export function createdTaskRun(first: StateProposal, more: Partial<TaskRunContext> = {}): TaskRunInMemory {
  const run = new TaskRunInMemory(more);
  run.propose(first, true);
  return run;
}

interface Decided {
  readonly status: string;
  readonly details: object;
  readonly written: State | null;
}

/** A decision in short: status, written type and name, reason. */
export const brief = ({ status, details, written }: Decided): readonly (string | null)[] => [
  status,
  written?.type ?? null,
  written?.name ?? null,
  "reason" in details && typeof details.reason === "string" ? details.reason : null,
];
