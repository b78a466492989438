import { beforeAll, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";
import { automationBody, onEvent } from "../support/automations.ts";

const nobody = "00000000-0000-4000-8000-000000000000";

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});

const post = (more: object) => app.post("/automations/", automationBody(more));
const created = async (more: object) => {
  const answer = await post(more);
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
};
const count = async () => (await app.post("/automations/count", {})).body;
async function isRefused(more: object): Promise<string> {
  const before = await count();
  const { status, body } = await post(more);
  expect([status, Object.keys(body).sort()]).toEqual([422, ["exception_detail", "exception_message", "request_body"]]);
  expect(await count()).toBe(before);
  return body.exception_detail[0].msg;
}

describe("triggers", () => {
  it.each([
    [null],
    [{}],
    [[]],
    ["event"],
    [{ type: "nonsense", posture: "Reactive" }],
    [{ type: null, posture: "Reactive" }],
    [{ type: "event" }],
    [{ type: "metric", posture: "Metric", metric: {} }],
    [onEvent({ id: "x" })],
    [onEvent({ posture: "Metric" })],
    [onEvent({ posture: "reactive" })],
    [onEvent({ within: null })],
    [onEvent({ within: -1 })],
    [onEvent({ within: "90" })],
    [onEvent({ within: "1:00" })],
    [onEvent({ posture: "Proactive", within: 9.9 })],
    [onEvent({ posture: "Proactive", within: "PT9S" })],
    [onEvent({ threshold: null })],
    [onEvent({ threshold: 1.5 })],
    [onEvent({ threshold: "x" })],
    [onEvent({ expect: "thing.happened" })],
    [onEvent({ after: [1] })],
    [onEvent({ for_each: null })],
    [onEvent({ match: ["a"] })],
    [onEvent({ match: null })],
    [onEvent({ match: { a: 1 } })],
    [onEvent({ match: { a: ["b", 1] } })],
    [onEvent({ match_related: [{ a: [1] }] })],
    [onEvent({ match_related: ["a"] })],
    [{ type: "compound", triggers: [onEvent()], within: 10 }],
    [{ type: "compound", require: 0, triggers: [onEvent()], within: 10 }],
    [{ type: "compound", require: 2, triggers: [onEvent()], within: 10 }],
    [{ type: "compound", require: 1, triggers: [], within: 10 }],
    [{ type: "compound", require: "most", triggers: [onEvent()], within: 10 }],
    [{ type: "compound", require: "all", triggers: [onEvent()] }],
    [{ type: "sequence", triggers: [onEvent()] }],
    [{ type: "sequence", triggers: [{ type: "event" }], within: 10 }],
    [{ type: "sequence", triggers: null, within: 10 }],
  ])("like %j are refused", async (trigger) => {
    await isRefused({ trigger });
  });

  it.each([
    [
      { posture: "Reactive", unknown: 1 },
      { type: "event", posture: "Reactive", threshold: 1, within: 0 },
    ],
    [onEvent({ within: 0.5, threshold: 0 }), { within: 0.5, threshold: 0 }],
    [onEvent({ within: "PT1M", threshold: "2" }), { within: 60, threshold: 2 }],
    [onEvent({ within: "1 day, 2:00:00", threshold: -1 }), { within: 93_600, threshold: -1 }],
    [onEvent({ posture: "Proactive", within: undefined }), { within: 10 }],
    [onEvent({ posture: "Proactive", within: 0 }), { within: 10 }],
    [onEvent({ posture: "Proactive", within: 10 }), { within: 10 }],
    [onEvent({ match: { a: ["x*", "!y"], b: "z", c: [] } }), { match: { a: ["x*", "!y"], b: "z", c: [] } }],
    [onEvent({ match_related: [{ c: "d" }, { e: ["f"] }] }), { match_related: [{ c: "d" }, { e: ["f"] }] }],
    [onEvent({ match_related: [] }), { match_related: [] }],
    [
      onEvent({ expect: ["a", "b", "a"], after: ["x"], for_each: ["l", "l"] }),
      { expect: ["a", "b"], after: ["x"], for_each: ["l"] },
    ],
    [
      { require: "any", triggers: [onEvent()], within: null },
      { type: "compound", require: "any", within: null },
    ],
    [
      { type: "compound", require: "1", triggers: [onEvent()], within: 1.5 },
      { require: 1, within: 1.5 },
    ],
    [
      { triggers: [], within: 60 },
      { type: "sequence", triggers: [], within: 60 },
    ],
    [
      { type: "sequence", within: 60, triggers: [{ triggers: [onEvent({ posture: "Proactive" })], within: null, require: 1 }] },
      { triggers: [{ type: "compound", triggers: [{ type: "event", within: 10 }] }] },
    ],
  ])("like %j are taken as %j", async (trigger, expected) => {
    const made = await created({ trigger });
    expect(made.trigger).toMatchObject(expected);
    expect((await app.get(`/automations/${made.id}`)).body.trigger).toEqual(made.trigger);
    expect(made.trigger.unknown).toBeUndefined();
  });
});

describe("actions", () => {
  const kinds = [
    ["deployment_id", ["run-deployment", "pause-deployment", "resume-deployment"]],
    ["work_pool_id", ["pause-work-pool", "resume-work-pool"]],
    ["work_queue_id", ["pause-work-queue", "resume-work-queue"]],
    ["automation_id", ["pause-automation", "resume-automation"]],
  ] as const;
  const targets = kinds.flatMap(([key, types]) => types.map((type) => [type, key] as const));

  it.each(targets)("%s needs %s where it is selected, and may have none where it is inferred", async (type, key) => {
    expect(await isRefused({ actions: [{ type }] })).toBe(`Value error, ${key} is required`);
    expect(await isRefused({ actions: [{ type, [key]: null }] })).toBe(`Value error, ${key} is required`);
    expect(await isRefused({ actions: [{ type, source: "inferred", [key]: nobody }] })).toBe(
      `Value error, ${key} is not allowed`,
    );
    await isRefused({ actions: [{ type, [key]: "x" }] });
    await isRefused({ actions: [{ type, source: "else", [key]: nobody }] });
    const made = await created({
      actions: [
        { type, [key]: nobody.replaceAll("-", "") },
        { type, source: "inferred" },
      ],
    });
    expect(made.actions).toMatchObject([
      { type, source: "selected", [key]: nobody },
      { type, source: "inferred", [key]: null },
    ]);
  });

  const run = (more: object) => ({ type: "run-deployment", deployment_id: nobody, ...more });
  const block = (type: string, more: object) => ({ type, block_document_id: nobody, ...more });

  it.each([
    [null],
    ["do-nothing"],
    [{ type: "declare-incident" }],
    [run({ schedule_after: -1 })],
    [run({ schedule_after: null })],
    [run({ parameters: [] })],
    [run({ parameters: { a: "{{ event.id" } })],
    [run({ parameters: { a: { b: ["{% for %}"] } } })],
    [run({ parameters: { a: [{ b: "{{- x -}}" }] } })],
    [run({ parameters: { a: { __prefect_kind: "jinja" } } })],
    [run({ parameters: { a: { __prefect_kind: "jinja", template: "{{ x" } } })],
    [run({ parameters: { a: { __prefect_kind: "json", value: { __prefect_kind: "jinja", template: "{{ x" } } } })],
    [run({ parameters: { a: { __prefect_kind: "none" } } })],
    [{ type: "change-flow-run-state" }],
    [{ type: "change-flow-run-state", state: "running" }],
    [{ type: "change-flow-run-state", state: "FAILED", force: null }],
    [{ type: "call-webhook" }],
    [block("call-webhook", { payload: "{{ x" })],
    [block("call-webhook", { payload: null })],
    [block("call-webhook", { payload: { a: "{{ x" } })],
    [block("send-notification", {})],
    [block("send-notification", { body: "{% for %}" })],
    [block("send-notification", { body: "", subject: "{{" })],
    [block("send-notification", { body: "", subject: null })],
  ])("like %j are refused in each list", async (action) => {
    for (const list of ["actions", "actions_on_trigger", "actions_on_resolve"]) await isRefused({ [list]: [action] });
  });

  it.each([
    [{}, { type: "do-nothing" }],
    [{ type: "do-nothing", unknown: 1 }, { type: "do-nothing" }],
    [{ deployment_id: nobody }, { type: "run-deployment", source: "selected", deployment_id: nobody }],
    [{ state: "FAILED" }, { type: "change-flow-run-state", state: "FAILED", name: null, message: null, force: false }],
    [{ block_document_id: nobody }, { type: "call-webhook", payload: "" }],
    [
      { block_document_id: nobody, body: "b" },
      { type: "send-notification", subject: "Prefect automated notification" },
    ],
    [run({ schedule_after: "PT1M30S" }), { schedule_after: 90, parameters: null, job_variables: null }],
    [run({ parameters: { a: "{{ event.id }}" } }), { parameters: { a: "{{ event.id }}" } }],
    [run({ parameters: { a: [["{{ in a list of lists"]] } }), { parameters: { a: [["{{ in a list of lists"]] } }],
    [run({ parameters: { a: { __prefect_kind: "workspace_variable", variable_name: "unknown" } } }), {}],
    [run({ parameters: { a: { __prefect_kind: "none", value: "{{ raw" } } }), {}],
    [{ type: "delete-flow-run" }, { type: "delete-flow-run" }],
    [
      block("call-webhook", { payload: { a: ["ä", 1], b: {} } }),
      { payload: '{\n  "a": [\n    "\\u00e4",\n    1\n  ],\n  "b": {}\n}' },
    ],
    [block("send-notification", { subject: "", body: "{{ unknown | no_such_filter }}" }), { subject: "" }],
  ])("like %j are taken as %j", async (action, expected) => {
    const made = await created({ actions: [action] });
    expect(made.actions).toHaveLength(1);
    expect(made.actions[0]).toMatchObject(expected);
    expect(made.actions[0].unknown).toBeUndefined();
  });
});

describe("an automation that would run a deployment for each of its runs", () => {
  const inferred = { type: "run-deployment", source: "inferred" };
  const selected = { type: "run-deployment", deployment_id: nobody };
  const every = { "prefect.resource.id": "prefect.flow-run.*" };
  const on = (state: string, more: object = {}) => onEvent({ expect: ["x", `prefect.flow-run.${state}`], ...more });

  it.each([
    [inferred, on("Running")],
    [inferred, on("Scheduled")],
    [inferred, on("*", { match: { "prefect.resource.id": "prefect.flow-run.x" } })],
    [selected, on("Pending")],
    [selected, on("Pending", { match: every })],
    [selected, on("Pending", { match: { "prefect.resource.id": ["x", "prefect.flow-run.*"] }, match_related: [{ a: "b" }, {}] })],
    [selected, on("Pending", { match_related: every })],
  ])("by %j on %j is refused", async (action, trigger) => {
    expect(await isRefused({ actions: [{}, action], trigger })).toMatch(/infinite loop/);
    expect((await created({ actions: [action], trigger, enabled: false })).enabled).toBe(false);
  });

  it.each([
    [inferred, on("Completed")],
    [inferred, onEvent({ expect: [] })],
    [inferred, onEvent({ expect: ["*"] })],
    [inferred, on("Pending", { posture: "Proactive", within: 10 })],
    [inferred, { type: "sequence", within: null, triggers: [on("Pending")] }],
    [selected, on("Pending", { match: { ...every, "prefect.resource.name": "x" } })],
    [selected, on("Pending", { match_related: { "prefect.resource.id": "prefect.flow.x" } })],
    [selected, on("Pending", { match_related: [] })],
    [{ type: "do-nothing" }, on("Running")],
  ])("is not one with %j on %j", async (action, trigger) => {
    await created({ actions: [action], trigger });
  });

  it("is neither enabled nor put, and stays as it was", async () => {
    const { id, updated } = await created({ enabled: false, trigger: on("Running"), actions: [inferred] });
    for (const body of [{ enabled: true }, {}]) {
      const { status, body: answer } = await app.patch(`/automations/${id}`, body);
      expect([status, answer.exception_detail[0].loc]).toEqual([422, ["body"]]);
    }
    expect((await app.put(`/automations/${id}`, { name: "n", trigger: on("Running"), actions: [inferred] })).status).toBe(422);
    expect((await app.get(`/automations/${id}`)).body).toMatchObject({ enabled: false, updated, name: "watch" });
    const again = automationBody({ enabled: false, trigger: on("Running"), actions: [inferred] });
    expect((await app.put(`/automations/${id}`, again)).status).toBe(204);
    expect((await app.patch(`/automations/${id}`, { enabled: false })).status).toBe(204);
  });

  it("is one on trigger or on resolve without being refused", async () => {
    await created({ trigger: on("Running"), actions_on_trigger: [inferred], actions_on_resolve: [inferred] });
  });
});

describe("job variables of run-deployment", () => {
  const deployments: Record<string, string> = {};
  beforeAll(async () => {
    const properties = { image: { type: "string" }, cpu: { type: "integer" }, command: { type: "string", default: "c" } };
    const base_job_template = {
      job_configuration: { command: "{{ command }}" },
      variables: { type: "object", required: ["image"], properties },
    };
    await app.post("/work_pools/", { name: "pool", type: "process", base_job_template });
    const { body: flow } = await app.post("/flows/", { name: "etl" });
    for (const [name, more] of [
      ["in a pool", { work_pool_name: "pool" }],
      ["plain", {}],
    ] as const)
      deployments[name] = (await app.post("/deployments/", { name, flow_id: flow.id, ...more })).body.id;
  });
  const runs = (...all: [name: string, job_variables: object | null][]) => ({
    actions: all.map(([name, job_variables]) => ({
      type: "run-deployment",
      deployment_id: deployments[name] ?? nobody,
      job_variables,
    })),
  });
  const wrong = "Validation failed for field 'image'. Failure reason: 1 is not of type 'string'";

  it("are checked alone against the pool of their deployment", async () => {
    await created(runs(["in a pool", { image: "i", cpu: 2 }], ["in a pool", {}], ["in a pool", null], ["plain", { any: 1 }]));
    const { status, body } = await post(
      runs(["in a pool", { image: 1 }], ["in a pool", { cpu: 2 }], ["in a pool", { image: 1 }]),
    );
    expect([status, Object.keys(body)]).toEqual([422, ["detail"]]);
    expect(body.detail).toMatch(/^Error creating automation: .* .*required.* /);
    expect(body.detail.split(wrong)).toHaveLength(3);
  });

  it("need their deployment, unlike those that are empty and other lists", async () => {
    expect(await post(runs(["nobody", { any: 1 }]))).toMatchObject({ status: 404, body: { detail: "Deployment not found." } });
    await created(runs(["nobody", {}], ["nobody", null]));
    await created({ actions_on_trigger: runs(["nobody", { any: 1 }]).actions });
  });

  it("are checked by PUT as well, also if they are empty", async () => {
    const { id, updated } = await created({});
    const put = (more: object) => app.put(`/automations/${id}`, automationBody(more));
    expect((await put(runs(["in a pool", { image: 1 }]))).body).toEqual({ detail: `Error updating automation: ${wrong}` });
    expect((await put(runs(["in a pool", {}]))).status).toBe(422);
    expect((await put(runs(["nobody", {}]))).body).toEqual({ detail: "Deployment not found." });
    expect((await app.get(`/automations/${id}`)).body.updated).toBe(updated);
    expect(await put(runs(["in a pool", { image: "z" }]))).toMatchObject({ status: 204, roundTrips: 3 });
    expect((await put(runs(["in a pool", null], ["nobody", null]))).status).toBe(204);
  });
});

describe("the check of a template", () => {
  const paths = ["/templates/validate", "/automations/templates/validate"];
  const check = async (path: string, template: string) => app.post(path, JSON.stringify(template));
  const loop = "{% for a in b %}";
  const nested = (depth: number) => loop.repeat(depth) + "{% endfor %}".repeat(depth);

  it.each([
    [""],
    ["text"],
    ["{# text"],
    ["{{ event.resource.name | upper }}{% if flow_run %}{{ flow_run.name }}{% endif %}"],
    ["{{ a | no_such_filter }}"],
    [nested(2)],
    [`${loop}{% endfor %}`.repeat(10)],
  ])("takes %j", async (template) => {
    for (const path of paths) expect(await check(path, template)).toMatchObject({ status: 204, text: "", roundTrips: 0 });
  });

  it.each([
    ["{{ event.resource", 1, /^unexpected end of template, expected 'end of print statement'\.$/],
    ["one\ntwo {{ }}\nthree", 2, /^Expected an expression, got 'end of print statement'$/],
    [nested(3), 0, /^Contains nested for loops at a depth of 3\. Templates can nest for loops no more than 2 loops deep\.$/],
    [`${loop}{% endfor %}`.repeat(11), 0, /^Contains 11 for loops\. Templates can contain no more than 10 for loops\.$/],
  ])("refuses %j", async (source, line, message) => {
    for (const path of paths) {
      const { status, body } = await check(path, source);
      expect([status, body]).toEqual([422, { error: { line, message: expect.stringMatching(message), source } }]);
    }
  });

  it("takes no body as an empty text, and nothing but a text", async () => {
    for (const path of paths) {
      expect((await app.post(path)).status).toBe(204);
      expect((await app.post(path, "null")).status).toBe(204);
      for (const body of [{}, { template: "x" }, [], "1"])
        expect(Object.keys((await app.post(path, body)).body)).toContain("exception_detail");
    }
  });
});
