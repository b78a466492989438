import { automationBombs } from "./automations.ts";
import { everySecond, letters, many, named, nested, x } from "./shapes.ts";

/** What bombs are thrown at: ids of objects that are there. */
export interface Targets {
  readonly flow_id: string;
  readonly deployment_id: string;
  readonly flow_run_id: string;
  readonly task_run_id: string;
}

/** One request that may take no more than two seconds, and must not end in a 5xx. */
export interface Bomb {
  readonly name: string;
  readonly method: "POST" | "PATCH" | "GET" | "PUT";
  readonly path: (targets: Targets) => string;
  /** A text is sent as it is. */
  readonly body?: (targets: Targets) => unknown;
}

type Body = Bomb["body"];
const post = (name: string, path: string | Bomb["path"], body: Body): Bomb => ({
  name,
  method: "POST",
  path: typeof path === "string" ? () => path : path,
  body,
});
const ofDeployment =
  (rest = "") =>
  ({ deployment_id }: Targets) =>
    `/deployments/${deployment_id}${rest}`;

const grown = (start: string, step: string) =>
  `{% set ns = namespace(x=${start}) %}{% for i in range(100) %}{% set ns.x = ${step} %}{% endfor %}{{ ns.x }}`;
const tenThousand = (body: string) => `{% for i in range(100) %}{% for j in range(100) %}${body}{% endfor %}{% endfor %}`;
const million = (character: string) => `('${character}' * 1000000)`;

/** Templates that would make too much, or take too long. */
export const templates: Record<string, string> = {
  "a text stripped": `{{ ${million(" ")}.lstrip() }}`,
  "a text stripped again and again": tenThousand(`{{ ${million(" ")}.lstrip(' ') }}`),
  "a list doubled": grown("[1]", "ns.x + ns.x"),
  "a text doubled": grown("'a'", "ns.x ~ ns.x"),
  "lists in lists": grown("[1]", "[ns.x, ns.x]"),
  "lists in lists as JSON": grown("[1]", "[ns.x, ns.x]").replace("{{ ns.x }}", "{{ ns.x|tojson }}"),
  "a text times a number": "{{ 'a' * 10**9 }}",
  "a wide text": "{{ 'a'|center(10**9) }}",
  "a wide number": "{{ '%1000000000d' % 5 }}",
  "a tower of powers": "{{ 9**9**9 }}",
  "squares of squares": grown("9**999", "ns.x * ns.x"),
  "divisions of long numbers": `{% set x = 9**31000 %}${tenThousand("{% set z = x * x // x %}")}`,
  "a replacement that grows": `{{ ${million("a")}|replace('a', ${million("b")}) }}`,
  "a join of letters": `{{ ${million("a")}|join(${million("b")}) }}`,
  "a search that nearly fits": `{{ ${million("a")}.find(('a' * 500000) ~ 'b') }}`,
  "tags that do not end": `{{ ${million("<")}|striptags|length }}`,
  "a format of zeros": `{{ ('%' ~ ${million("0")}) % 5 }}`,
  "a macro that calls itself": "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
  "brackets in brackets": `{{ ${"(".repeat(400_000)} }}`,
  "conditions in conditions": `{{ ${"1 if 0 else ".repeat(38_000)}1 }}`,
  "a text that does not end": `{{ '${"\\a".repeat(150_000)}`,
  "beginnings without ends": "{%".repeat(200_000),
  "a number of many digits": `{{ ${"9".repeat(400_000)} }}`,
};

const template = (text: string) => ({ __prefect_kind: "jinja", template: text });
const templateBombs = Object.entries(templates).flatMap(([name, text]): Bomb[] => [
  post(`template: ${name}, in a run`, ofDeployment("/create_flow_run"), () => ({ parameters: { a: template(text) } })),
  {
    name: `template: ${name}, in a deployment`,
    method: "PATCH",
    path: ofDeployment(),
    body: () => ({ parameters: { a: template(text) } }),
  },
]);

const manyTemplates = post("template: thousands of them", ofDeployment("/create_flow_run"), () => ({
  parameters: { a: many(4000, () => template("{% set q = ('a' * 900000)|upper|lower|title %}")) },
}));

/** Schemas, each with parameters that take long to hold to it. */
export const schemas: Record<string, readonly [schema: object, parameters: object]> = {
  "a pattern that doubles": [x({ pattern: "^(a+)+$" }), { x: `${letters(100_000)}!` }],
  "a pattern in a lookahead": [x({ pattern: "^(?=(a+)+$)" }), { x: letters(50) }],
  "back references": [x({ pattern: "(a*)(a*)(a*)(a*)\\1b" }), { x: letters(5000) }],
  "a pattern of many states": [x({ pattern: "(a|b)*a(a|b){100}[xy]" }), { x: "ab".repeat(200_000) }],
  "an enumeration of a list": [x({ items: { enum: many(30_000, (i) => i) } }), { x: many(30_000, (i) => 30_000 - i) }],
  "a list without doubles": [x({ uniqueItems: true }), { x: many(40_000, (i) => ({ i })) }],
  "thousands of patterns": [{ patternProperties: named(5000, (i) => [`^a+${i}$`, {}]) }, named(5000, (i) => [`a${i}`, 1])],
  "patterns beside which nothing stands": [
    { patternProperties: named(2000, (i) => [`^a+${i}$`, {}]), additionalProperties: false },
    named(2000, (i) => [`b${i}`, 1]),
  ],
  "references to two others each": [
    {
      $defs: named(500, (i) => [
        `d${i}`,
        { anyOf: [{ $ref: `#/$defs/d${(i + 1) % 500}` }, { $ref: `#/$defs/d${(i + 2) % 500}` }] },
      ]),
      $ref: "#/$defs/d0",
    },
    { a: 1 },
  ],
  "alternatives of alternatives": [x(nested(14, (inner) => ({ anyOf: [inner, inner] }))), { x: 1 }],
  "alternatives in a row": [x(nested(200, (inner) => ({ anyOf: [inner, { type: "integer" }] }))), { x: [] }],
  "a long text shown by each": [x({ anyOf: many(20_000, () => ({ type: "integer" })) }), { x: letters(400_000) }],
  "properties without end": [{ properties: named(20_000, (i) => [`p${i}`, { type: "string", default: "x" }]) }, { p1: 1 }],
  "identifiers of number signs": [{ $id: `${"#".repeat(1_000_000)}x`, allOf: many(100, () => ({ $ref: "#" })) }, { a: 1 }],
  "block ids of braces": [
    { properties: { a: { type: "string", default: { $ref: { block_document_id: `${"}".repeat(1_000_000)}x` } } } } },
    { a: 1 },
  ],
  "long identifiers": [
    { $id: `http://x/${letters(500_000)}`, allOf: many(2000, (i) => ({ $id: `b${i}`, $ref: "#" })) },
    { a: 1 },
  ],
};
const schemaBombs = Object.entries(schemas).flatMap(([name, [schema, parameters]]): Bomb[] => [
  {
    name: `schema: ${name}`,
    method: "PATCH",
    path: ofDeployment(),
    body: () => ({ parameter_openapi_schema: schema, parameters, enforce_parameter_schema: true }),
  },
  post(`schema: ${name}, of a pool`, "/work_pools/", () => ({
    name: `pool ${name}`,
    type: "process",
    base_job_template: { job_configuration: { a: "b" }, variables: { type: "object", ...schema } },
  })),
]);

const rules: Record<string, object> = {
  "every second without itself": { rrule: `RRULE:FREQ=DAILY;${everySecond}\nEXRULE:FREQ=DAILY;${everySecond}` },
  "seconds without seconds": { rrule: "RRULE:FREQ=SECONDLY\nEXRULE:FREQ=SECONDLY" },
  "a count without end": { rrule: "FREQ=SECONDLY;BYMONTH=1;COUNT=1000000000" },
  "the 30th of February": { rrule: "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30" },
  "an interval of 400 digits": { rrule: `FREQ=DAILY;INTERVAL=${"9".repeat(400)}` },
  "four hundred rules": { rrule: many(390, () => "RRULE:FREQ=DAILY").join("\n") },
  "zones without end": { rrule: "TZID=".repeat(1_000_000) },
  "a long cron expression": { cron: `${"1,".repeat(4000)}1 * * * *` },
  "a cron without dates": { cron: "0 0 30 2 *" },
  "a microsecond": { interval: 0.000001, anchor_date: "0001-01-01T00:00:00Z" },
  "an interval beyond the calendar": { interval: 1e15 },
};
const ruleBombs = Object.entries(rules).flatMap(([name, schedule]): Bomb[] => [
  post(`rule: ${name}`, ofDeployment("/schedules"), () => [{ schedule, active: false }]),
  ...(JSON.stringify(schedule).length > 10_000
    ? []
    : [
        post(`rule: five hundred times ${name}`, ofDeployment("/schedules"), () =>
          many(500, () => ({ schedule, active: false })),
        ),
      ]),
]);

const labels = (pattern: string) => ({ labels: { "prefect.resource.id": pattern } });
const globs: Record<string, object> = {
  "twenty thousand wildcards": { resource: labels("*a".repeat(20_000)) },
  "a long pattern": { resource: labels(`*${letters(40_000)}b`) },
  "as many wildcards as may be": { resource: labels("*a".repeat(64)) },
  "wildcards in related resources": { related: many(50, () => labels("*a".repeat(100))) },
  "three thousand related resources": { related: many(3000, () => ({ id: ["a"] })) },
  "ten thousand labels": { resource: { labels: named(10_000, (i) => [`l${i}`, "*"]) } },
  "ten thousand names": { event: { name: many(10_000, (i) => `n${i}`) } },
  "ten thousand beginnings": { event: { exclude_prefix: many(10_000, (i) => `p${i}`) } },
  "a hundred beginnings": {
    event: { exclude_prefix: many(100, (i) => `p${i}`) },
    resource: { id_prefix: many(100, (i) => `p${i}`) },
  },
  "a text of many words": { text: { query: "a ".repeat(100) } },
};
const globBombs = Object.entries(globs).flatMap(([name, filter]): Bomb[] => [
  post(`glob: ${name}`, "/events/filter", () => ({ filter })),
  post(`glob: ${name}, counted`, "/events/count-by/resource", () => ({ filter })),
]);
const nameBombs = ["flows", "flow_runs", "task_runs", "deployments"].flatMap((group) => [
  post(`name: twenty thousand wildcards of ${group}`, `/${group}/filter`, () => ({
    [group]: { name: { like_: "%a".repeat(20_000) } },
  })),
  post(`name: a long text of ${group}`, `/${group}/filter`, () => ({ [group]: { name: { like_: letters(1_000_000) } } })),
]);

const empty = (size: number) => `[${"{},".repeat(size)}{}]`;
const fiveMegabytes = Math.floor((5 * 1024 * 1024) / 3) - 10;
const floodPaths: [string, string | Bomb["path"]][] = [
  ["logs", "/logs/"],
  ["events", "/events"],
  ["schedules", ofDeployment("/schedules")],
  ["runs of a deployment", ofDeployment("/create_flow_run/bulk")],
];
const floods: Bomb[] = [
  ...floodPaths.flatMap(([name, path]) => [
    post(`flood: 5 MB of ${name}`, path, () => empty(fiveMegabytes)),
    post(`flood: as many ${name} as may be`, path, () => empty(9000)),
  ]),
  ...["flows", "flow_runs", "task_runs", "deployments", "work_pools"].map((group) =>
    post(
      `flood: 5 MB of ids of ${group}`,
      `/${group}/filter`,
      () => `{"${group}": {"id": {"any_": ${empty(fiveMegabytes - 20)}}}}`,
    ),
  ),
  post("flood: schedules of a new deployment", "/deployments/", ({ flow_id }) => ({
    name: "flooded",
    flow_id,
    schedules: many(300_000, () => ({})),
  })),
  post("flood: inputs of a task", "/task_runs/", ({ flow_run_id }) => ({
    flow_run_id,
    task_key: "a",
    dynamic_key: "flood",
    task_inputs: named(500, (i) => [`i${i}`, many(500, () => ({}))]),
  })),
  post("flood: unknown members", "/flows/filter", () => ({ flows: named(200_000, (i) => [`k${i}`, 1]) })),
  post("flood: 5 MB of unknown members", "/flows/filter", () => ({ flows: named(400_000, (i) => [`k${i}`, 1]) })),
  post("flood: a large body with many faults", "/deployments/", () => ({
    schedules: many(400, () => ({ big: letters(10_000) })),
  })),
  post("flood: 200,000 tags", "/flows/", () => ({ name: "tagged", tags: many(200_000, (i) => `t${i}`) })),
  post("flood: tags to search", "/flow_runs/filter", () => ({ flow_runs: { tags: { all_: many(10_000, (i) => `t${i}`) } } })),
  post("flood: 500 levels", "/flows/filter", () => `{"flows": ${'{"a":'.repeat(480)}1${"}".repeat(480)}}`),
  post("flood: a million digits", "/flow_runs/filter", () => `{"limit": ${"9".repeat(1_000_000)}}`),
  post("flood: a million digits in free JSON", "/flows/", () => `{"name": "digits", "labels": {"a": ${"9".repeat(1_000_000)}}}`),
];

const history = (interval: number | string, end = "2035-01-02T00:00:00Z") =>
  `{"history_start": "2035-01-01T00:00:00Z", "history_end": "${end}", "history_interval_seconds": ${interval}}`;
const numbers: Bomb[] = [
  ...[1e15, 1e300, "1e999", -1e15, 1e-9, 0].flatMap((interval) =>
    ["flow_runs", "task_runs"].map((group) =>
      post(`number: an interval of ${interval} for ${group}`, `/${group}/history`, () => history(interval)),
    ),
  ),
  post("number: a history of all times", "/flow_runs/history", () => history(1, "9999-12-31T23:59:59Z")),
  post("number: a time beyond the calendar", "/flow_runs/filter", () => ({
    flow_runs: { start_time: { after_: "10000-01-01T00:00:00Z", before_: "+99999-01-01T00:00:00Z" } },
  })),
  post("number: runs until the end of the calendar", ofDeployment("/schedule"), () => ({
    end_time: "9999-12-31T23:59:59Z",
    min_runs: 1_000_000,
    max_runs: 1_000_000,
    min_time: 1e12,
  })),
  post("number: 5 MB of one float", "/flows/filter", () => `{"flows": [${"2.0,".repeat(1_250_000)}2.0]}`),
  post("number: 5 MB of floats", "/flows/filter", () => `{"flows": [${many(590_000, (i) => `${i}.0`).join()}]}`),
  post("number: as many floats as a body may have", "/flows/filter", () => `{"flows": [${"12.0,".repeat(499_999)}2.5]}`),
  post("number: as many different numbers", "/flows/filter", () => `{"flows": [${many(499_999, (i) => i).join()},2.0]}`),
  post("number: 5 MB of ones", "/flows/filter", () => `{"flows": [1${",1".repeat(2_400_000)}]}`),
  post("number: 5 MB of ones and a float", "/flows/filter", () => `{"flows": [2.0${",1".repeat(2_400_000)}]}`),
  post("number: an offset of 2^62", "/flow_runs/filter", () => '{"offset": 4611686018427387904}'),
];

/** All bombs. To add one is to add a line to one of the tables above. */
export const bombs: readonly Bomb[] = [
  ...templateBombs,
  manyTemplates,
  ...schemaBombs,
  ...ruleBombs,
  ...globBombs,
  ...nameBombs,
  ...floods,
  ...numbers,
  ...automationBombs,
];

/** How long a bomb may take. */
export const longestMs = 2000;

/** Returns the request of a bomb, its body written already. */
export function requestOf({ method, path, body }: Bomb, targets: Targets): { path: string; init: RequestInit } {
  const content = body?.(targets);
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return { path: path(targets), init: { method, headers: { "content-type": "application/json" }, body: text } };
}
