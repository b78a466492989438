import type { Random } from "../../support/random.ts";
import type { Filter, Filters } from "./interpreter.ts";
import * as pool from "./rows.ts";

type Maker = () => unknown;

const operators = ["and_", "or_"] as const;

/** Writes a time as a client may: with any offset, and as many digits as it needs. */
function wire({ one, below }: Random, micros: number): string {
  const [offset, zone] = one([
    [0, "Z"],
    [0, ""],
    [2, "+02:00"],
    [-5, "-05:00"],
  ] as const);
  const text = new Date(Math.floor(micros / 1000) + offset * 3_600_000).toISOString().slice(0, 19);
  const fraction = String(micros % 1_000_000).padStart(6, "0");
  return `${text}${micros % 1_000_000 === 0 && below(2) === 0 ? "" : `.${fraction}`}${zone || "Z"}`;
}

/** Makes random bodies of requests over random rows. */
export class Bodies {
  readonly #random: Random;
  readonly #rows: pool.Rows;

  constructor(random: Random, rows: pool.Rows) {
    this.#random = random;
    this.#rows = rows;
  }

  /** Some of the members, a few of them null; an operator now and then where the object has one. */
  #object(
    members: Readonly<Record<string, Maker>>,
    { joined = false, most = 2 }: { joined?: boolean; most?: number } = {},
  ): Filter {
    const { some, chance, one } = this.#random;
    const chosen = some(Object.keys(members), most).map((name) => [name, chance(0.06) ? null : members[name]?.()] as const);
    return { ...(joined && chance(0.6) ? { operator: one(operators) } : {}), ...Object.fromEntries(chosen) };
  }

  /** Mostly short lists, now and then an empty one. */
  #list = (values: readonly unknown[]): Maker => {
    const { some, one, chance } = this.#random;
    return () => (chance(0.12) ? [] : [one(values), ...some(values, 3)]);
  };
  #flag = () => this.#random.chance(0.5);
  #time = () => {
    const { one } = this.#random;
    return wire(this.#random, one(pool.instants) + one([0, 0, 0, -1, 1]));
  };
  #like = () => {
    const { one, chance, below } = this.#random;
    const whole = one(pool.names);
    const part = [...whole].slice(below(2)).join("");
    return chance(0.2) ? one(["", "%", "_", "e%L", "É", "\\", "_b"]) : part;
  };
  #ids = (rows: readonly { readonly id: string }[]): Maker => this.#list([...rows.map(({ id }) => id), pool.gone]);

  #id =
    (rows: readonly { readonly id: string }[], not = true) =>
    () =>
      this.#object({ any_: this.#ids(rows), ...(not ? { not_any_: this.#ids(rows) } : {}) });
  #name = () => this.#object({ any_: this.#list(pool.names), like_: this.#like });
  #tags = (any: boolean) => () =>
    this.#object(
      { all_: this.#list(pool.tags), is_null_: this.#flag, ...(any ? { any_: this.#list(pool.tags) } : {}) },
      { joined: true },
    );
  #window = (isNull: boolean) => () =>
    this.#object({ before_: this.#time, after_: this.#time, ...(isNull ? { is_null_: this.#flag } : {}) });
  #texts =
    (values: readonly string[], more: Readonly<Record<string, Maker>> = {}, joined = false) =>
    () =>
      this.#object({ any_: this.#list(values), ...more }, { joined });
  #types: Maker = () => this.#list([...new Set(pool.states.map(([type]) => type))])();
  #stateNames: Maker = () => this.#list(pool.states.map(([, name]) => name))();

  flows = (): Filter =>
    this.#object(
      {
        id: this.#id(this.#rows.flows),
        name: this.#name,
        tags: this.#tags(false),
        deployment: () => this.#object({ is_null_: this.#flag }, { joined: true }),
      },
      { joined: true, most: 3 },
    );

  flowRuns = (): Filter => {
    const { flow_runs, task_runs, deployments } = this.#rows;
    const isNull = { is_null_: this.#flag };
    const state = (names: Maker) => () => this.#object({ any_: names, not_any_: names });
    return this.#object(
      {
        id: this.#id(flow_runs),
        name: this.#name,
        tags: this.#tags(true),
        deployment_id: () => this.#object({ any_: this.#ids(deployments), ...isNull }, { joined: true }),
        work_queue_name: this.#texts(pool.names, isNull, true),
        state: () => this.#object({ type: state(this.#types), name: state(this.#stateNames) }, { joined: true }),
        flow_version: this.#texts(pool.versions),
        start_time: this.#window(true),
        end_time: this.#window(true),
        expected_start_time: this.#window(false),
        next_scheduled_start_time: this.#window(false),
        parent_flow_run_id: () => this.#object({ any_: this.#ids(flow_runs) }, { joined: true }),
        parent_task_run_id: () => this.#object({ any_: this.#ids(task_runs), ...isNull }, { joined: true }),
        idempotency_key: this.#texts(pool.keys, { not_any_: this.#list(pool.keys) }),
        created_by: () =>
          this.#object({ id_: this.#ids(deployments), type_: this.#list(pool.creators), ...isNull }, { joined: true, most: 3 }),
      },
      { joined: true, most: 3 },
    );
  };

  taskRuns = (): Filter => {
    const { flow_runs, task_runs } = this.#rows;
    return this.#object(
      {
        id: this.#id(task_runs, false),
        name: this.#name,
        tags: this.#tags(false),
        state: () =>
          this.#object(
            { type: () => this.#object({ any_: this.#types }), name: () => this.#object({ any_: this.#stateNames }) },
            { joined: true },
          ),
        start_time: this.#window(true),
        end_time: this.#window(true),
        expected_start_time: this.#window(false),
        subflow_runs: () => this.#object({ exists_: this.#flag }),
        flow_run_id: () => this.#object({ any_: this.#ids(flow_runs), is_null_: this.#flag }, { joined: true }),
      },
      { joined: true, most: 3 },
    );
  };

  deployments = (): Filter =>
    this.#object(
      {
        id: this.#id(this.#rows.deployments),
        name: this.#name,
        flow_or_deployment_name: () => this.#object({ like_: this.#like }),
        paused: () => this.#object({ eq_: this.#flag }),
        tags: this.#tags(true),
        work_queue_name: this.#texts(pool.names),
        concurrency_limit: () => this.#object({ ge_: () => 1, le_: () => 2, is_null_: this.#flag }),
      },
      { joined: true, most: 3 },
    );

  workPools = (): Filter =>
    this.#object(
      { id: this.#id(this.#rows.work_pools, false), name: this.#texts(pool.names), type: this.#texts(pool.poolTypes) },
      { joined: true },
    );

  workQueues = (): Filter =>
    this.#object(
      {
        id: this.#id(this.#rows.work_queues, false),
        name: this.#texts(pool.names, { startswith_: this.#list([...pool.names.filter((name) => name !== ""), "%", "e_l"]) }),
      },
      { joined: true },
    );

  logs = (): Filter => {
    const { flow_runs, task_runs } = this.#rows;
    const level = () => this.#random.below(6) * 10 + this.#random.one([0, 0, 1]);
    return this.#object(
      {
        level: () => this.#object({ ge_: level, le_: level }),
        timestamp: this.#window(false),
        flow_run_id: () => this.#object({ any_: this.#ids(flow_runs.slice(0, 5)) }),
        task_run_id: () => this.#object({ any_: this.#ids(task_runs.slice(0, 5)), is_null_: this.#flag }),
        text: () => ({ query: this.#query() }),
      },
      { joined: true, most: 3 },
    );
  };

  #query = (): string => {
    const { some, one } = this.#random;
    return some([...pool.words, "prefect", "TASK", "flow-run", "b d"], 3)
      .map((word) => `${one(["", "", "+", "-", "!"])}${word}`)
      .join(one([" ", "  "]));
  };

  events = (): Filter => {
    const { some, one } = this.#random;
    const patterns = [...pool.labelValues, "*", "a*", "?bc", "!on", "!*n", "!zzz"];
    const labels = () =>
      Object.fromEntries(
        some(pool.labels, 2).map((label) => [label, this.#random.chance(0.5) ? one(patterns) : some(patterns, 3)]),
      );
    const { chance } = this.#random;
    const ids = this.#list(pool.resourceIds);
    const prefixes = this.#list(["prefect.", "prefect.flow-run.", "custom", "custom_", "é", ""]);
    const named = this.#list(pool.eventNames);
    const begun = this.#list(["prefect.", "prefect.flow-run", "c", "C", "a%", ""]);
    const related = () =>
      this.#object({
        id: ids,
        role: this.#list(pool.roles),
        resources_in_roles: this.#list(pool.resourceIds.map((id) => [id, "flow"])),
        labels,
      });
    const anyResource = () => this.#object({ id: ids, id_prefix: prefixes, labels });
    const oneOrMore =
      (make: Maker): Maker =>
      () =>
        chance(0.6) ? make() : Array.from({ length: this.#random.below(3) }, make);
    const since = one([wire(this.#random, Math.min(...pool.instants)), this.#time()]);
    return {
      ...(chance(0.97) ? { occurred: { since, ...(chance(0.3) ? { until: this.#time() } : {}) } } : {}),
      ...this.#object(
        {
          event: () =>
            this.#object({ prefix: begun, exclude_prefix: this.#list(["prefect.t", "C"]), name: named, exclude_name: named }),
          resource: () => ({
            ...this.#object({ id: ids, id_prefix: prefixes, labels }),
            ...(chance(0.3) ? { distinct: this.#flag() } : {}),
          }),
          related: oneOrMore(related),
          any_resource: oneOrMore(anyResource),
          text: () => ({ query: this.#query() }),
        },
        { most: 3 },
      ),
      ...(chance(0.15) ? { id: { id: this.#ids(this.#rows.events)() } } : {}),
      ...(chance(0.5) ? { order: one(["ASC", "DESC"]) } : {}),
    };
  };

  /** The filters of one request: its own more often than those of related objects. */
  of(own: string, makers: Readonly<Record<string, () => Filter>>): Filters {
    const { chance } = this.#random;
    const sent = Object.entries(makers).filter(([name]) => chance(name === own ? 0.8 : 0.25));
    return Object.fromEntries(sent.map(([name, make]) => [name, make()]));
  }
}
