import { beforeAll, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";

// What the reference 3.9.1 answers for the same bodies, but that it writes 1e+22 for long floats too.
const sent =
  '{"a":2.0,"b":1e3,"c":-0.0,"d":[1.0,{"e":5.00}],"f":9007199254740993,"g":1E400,"h":2,"i":2.5,"__proto__":3.0,"j":[1e16,1e22]}';
const kept =
  '{"a":2.0,"b":1000.0,"c":-0.0,"d":[1.0,{"e":5.0}],"f":9007199254740993,"g":null,"h":2,"i":2.5,"__proto__":3.0,"j":[1e+16,1e+22]}';

let app: TestApp;
let flow_id: string;
let names = 0;
beforeAll(async () => {
  app = await testApp();
  flow_id = (await app.post("/flows/", { name: "f" })).body.id;
});

const made = async (path: string, body: string): Promise<{ id: string; text: string }> => {
  const answer = await app.post(path, body.replaceAll("@", sent));
  expect(answer.status, answer.text).toBeLessThan(300);
  return { id: answer.body.id, text: answer.text };
};
const name = () => `name ${++names}`;

describe("numbers in free JSON come back as they were sent", () => {
  it.each(["parameters", "context", "job_variables"])("in a flow run's %s", async (member) => {
    const { id, text } = await made("/flow_runs/", `{"flow_id":"${flow_id}","${member}":@}`);
    expect(text).toContain(`"${member}":${kept}`);
    expect((await app.get(`/flow_runs/${id}`)).text).toContain(`"${member}":${kept}`);
    const list = await app.post("/flow_runs/filter", { flow_runs: { id: { any_: [id] } } });
    expect(list.text).toContain(`"${member}":${kept}`);
    const page = await app.post("/flow_runs/paginate", { flow_runs: { id: { any_: [id] } } });
    expect(page.text).toContain(`"${member}":${kept}`);
  });

  it.each(["parameters", "job_variables"])("in the update of a flow run's %s", async (member) => {
    const deployment = await made("/deployments/", `{"flow_id":"${flow_id}","name":"${name()}"}`);
    const { id } = await made(`/deployments/${deployment.id}/create_flow_run`, '{"state":{"type":"SCHEDULED"}}');
    expect((await app.patch(`/flow_runs/${id}`, `{"${member}":${sent}}`)).status).toBe(204);
    expect((await app.get(`/flow_runs/${id}`)).text).toContain(`"${member}":${kept}`);
  });

  it.each([
    ["an object", sent, kept],
    ["a list", "[2.0,2]", "[2.0,2]"],
    ["a number", "2.0", "2.0"],
  ])("in a state's data that is %s", async (_, data, stored) => {
    for (const kind of ["flow_runs", "task_runs"]) {
      const body = kind === "flow_runs" ? `{"flow_id":"${flow_id}"}` : `{"task_key":"t","dynamic_key":"${name()}"}`;
      const { id } = await made(`/${kind}/`, body);
      const set = await app.post(`/${kind}/${id}/set_state`, `{"state":{"type":"COMPLETED","data":${data}},"force":true}`);
      expect(set.text).toContain(`"data":${stored}`);
      expect((await app.get(`/${kind}/${id}`)).text).toContain(`"data":${stored}`);
      const history = kind === "flow_runs" ? `/flow_run_states/?flow_run_id=${id}` : `/task_run_states/?task_run_id=${id}`;
      expect((await app.get(history)).text).toContain(`"data":${stored}`);
    }
  });

  it("in labels, and in what they are merged into", async () => {
    const labels = (text: string) => `{"a":2.0,"b":${text},"c":9007199254740993,"d":2}`;
    const flow = await app.post("/flows/", `{"name":"${name()}","labels":${labels("1e3")}}`);
    expect(flow.text).toContain(`"labels":${labels("1000.0")}`);
    const run = await made("/flow_runs/", `{"flow_id":"${flow.body.id}","labels":{"e":4.0}}`);
    expect(run.text).toContain('"labels":{"a":2.0,"b":1000.0,"c":9007199254740993,"d":2,"prefect.flow.id":');
    expect((await app.patch(`/flow_runs/${run.id}/labels`, '{"a":3.0,"f":1.0}')).status).toBe(204);
    const { text } = await app.get(`/flow_runs/${run.id}`);
    expect(text).toContain('"a":3.0,"b":1000.0,"c":9007199254740993');
    expect(text).toContain('"f":1.0');
    const task = await made(
      "/task_runs/",
      `{"task_key":"t","dynamic_key":"${name()}","flow_run_id":"${run.id}","labels":{"g":5.0}}`,
    );
    expect(task.text).toContain('"g":5.0');
  });

  it("in all of a deployment, and in the runs that it makes", async () => {
    const schedule = '{"schedule":{"interval":3600.0,"anchor_date":0.0},"active":1.0,"parameters":{"y":4.0}}';
    const schema = '{"type":"object","properties":{"a":{"type":"integer","minimum":1.0}}}';
    const members = `"parameters":@,"job_variables":@,"pull_steps":[@],"parameter_openapi_schema":${schema},"enforce_parameter_schema":false`;
    const { id, text } = await made(
      "/deployments/",
      `{"flow_id":"${flow_id}","name":"${name()}","labels":{"l":6.0},"schedules":[${schedule}],${members}}`,
    );
    for (const answer of [text, (await app.get(`/deployments/${id}`)).text]) {
      expect(answer).toContain(`"parameters":${kept}`);
      expect(answer).toContain(`"job_variables":${kept}`);
      expect(answer).toContain(`"pull_steps":[${kept}]`);
      expect(answer).toContain(`"parameter_openapi_schema":${schema}`);
      expect(answer).toContain('"l":6.0');
      expect(answer).toContain('"parameters":{"y":4.0}');
      expect(answer).toContain('"schedule":{"interval":3600,"anchor_date":"1970-01-01T00:00:00.000000Z"');
    }
    const run = await made(`/deployments/${id}/create_flow_run`, '{"parameters":{"a":3.0,"k":7.0}}');
    expect(run.text).toContain(`"parameters":${kept.replace('"a":2.0', '"a":3.0').replace(/\}$/, ',"k":7.0}')}`);
    await app.post(`/deployments/${id}/schedule`, { min_runs: 1, max_runs: 1 });
    await app.settled();
    const scheduled = await app.post("/flow_runs/filter", {
      flow_runs: { deployment_id: { any_: [id] }, state: { type: { any_: ["SCHEDULED"] } } },
    });
    expect(scheduled.text).toContain('"y":4.0');
    expect(scheduled.text).toContain('"l":6.0');
  });

  it("in a pool's template", async () => {
    const template = '{"job_configuration":{"cpu":2.0},"variables":{"properties":{"cpu":{"default":1.0,"minimum":0.0}}}}';
    const pool = name();
    const { text } = await made("/work_pools/", `{"name":"${pool}","type":"process","base_job_template":${template}}`);
    expect(text).toContain(`"base_job_template":${template}`);
    expect((await app.get(`/work_pools/${pool}`)).text).toContain(`"base_job_template":${template}`);
  });

  it("in an event's payload, and in the task run that it tells of", async () => {
    const id = "0199d1d2-0000-7000-8000-00000000000a";
    const task_run = '{"task_key":"t","dynamic_key":"0","name":"n","run_count":3.0,"total_run_time":2.0,"labels":{"a":2.0}}';
    const event = {
      id: "0199d1d2-0000-7000-8000-00000000000b",
      occurred: new Date().toISOString(),
      event: "prefect.task-run.Completed",
      resource: { "prefect.resource.id": `prefect.task-run.${id}`, "prefect.orchestration": "client" },
      payload: "@",
    };
    const payload = `{"task_run":${task_run},"validated_state":{"type":"COMPLETED","data":{"x":2.0}},"free":${sent}}`;
    const stored = payload.replace(sent, kept);
    expect((await app.post("/events", JSON.stringify([event]).replace('"@"', payload))).status).toBe(204);
    const events = await app.post("/events/filter", { filter: { resource: { id: [`prefect.task-run.${id}`] } } });
    expect(events.text).toContain(`"payload":${stored}`);
    const run = await app.get(`/task_runs/${id}`);
    expect([run.body.run_count, run.body.total_run_time]).toEqual([3, 2]);
    expect(run.text).toContain('"labels":{"a":2.0');
    expect(run.text).toContain('"data":{"x":2.0}');
  });
});

describe("a refusal", () => {
  it("shows floats as they were sent, as input and as text", async () => {
    const wrong = await app.post("/flows/", '{"name":2.0,"tags":[3.0],"labels":{"a":4.0},"surprise":5.0}');
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain('"request_body":{"name":2.0,"tags":[3.0],"labels":{"a":4.0},"surprise":5.0}');
    expect(wrong.body.exception_detail.map(({ input }: { input: unknown }) => JSON.stringify(input))).toEqual([
      "2.0",
      "3.0",
      "5.0",
    ]);
  });

  it.each([
    ["/flows/filter", '{"flows":2.0}', "model_attributes_type", ["body", "flows"]],
    ["/flows/filter", '{"flows":{"name":{"like_":2.0}}}', "string_type", ["body", "flows", "name", "like_"]],
    ["/flows/filter", '{"limit":2.5}', "int_from_float", ["body", "limit"]],
    ["/flow_runs/", '{"flow_id":2.0}', "uuid_type", ["body", "flow_id"]],
    ["/flow_runs/", `{"flow_id":"00000000-0000-4000-8000-000000000000","parameters":2.0}`, "dict_type", ["body", "parameters"]],
    ["/flow_runs/", `{"flow_id":"00000000-0000-4000-8000-000000000000","labels":3.0}`, "dict_type", ["body", "labels"]],
  ])("%s of %s names the fault of the number", async (path, body, type, loc) => {
    const answer = await app.post(path, body);
    expect(answer.status).toBe(422);
    expect(answer.body.exception_detail.map((fault: { type: string; loc: unknown }) => [fault.type, fault.loc])).toEqual([
      [type, loc],
    ]);
  });

  it("counts a float's characters among those that parameters may have", async () => {
    const list = (number: string) => `{"flow_id":"${flow_id}","parameters":{"x":[${Array(200_000).fill(number).join(",")}]}}`;
    expect((await app.post("/flow_runs/", list("2"))).status).toBe(201);
    const refused = await app.post("/flow_runs/", list("2.0"));
    expect([refused.status, refused.body.exception_detail[0].msg]).toEqual([
      422,
      "Value error, Flow run parameters must be less than 524,288 bytes when serialized (got 800,007 bytes).",
    ]);
  });

  it("of parameters by a schema prints floats, which are whole numbers without a fraction", async () => {
    const schema =
      '{"type":"object","properties":{"s":{"type":"string","default":"x"},"i":{"type":"integer"},"e":{"enum":[1,2.0]}}}';
    const body = `{"flow_id":"${flow_id}","name":"${name()}","parameter_openapi_schema":${schema},"enforce_parameter_schema":true}`;
    const { id } = await made("/deployments/", body);
    const run = (parameters: string) => app.post(`/deployments/${id}/create_flow_run`, `{"parameters":${parameters}}`);
    expect((await run('{"i":2.0,"e":2}')).text).toContain('"parameters":{"i":2.0,"e":2}');
    expect((await run('{"i":2,"e":1.0}')).text).toContain('"parameters":{"i":2,"e":1.0}');
    const why = async (parameters: string) => (await run(parameters)).body.detail.replace(/^.*Failure reason: /, "");
    expect(await why('{"s":2.0}')).toBe("2.0 is not of type 'string'");
    expect(await why('{"e":3.0}')).toBe("3.0 is not one of [1, 2.0]");
    expect(await why('{"i":2.5}')).toBe("2.5 is not valid under any of the given schemas");
  });
});
