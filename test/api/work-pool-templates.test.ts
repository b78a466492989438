import { beforeAll, describe, expect, it } from "vitest";
import { type Answer, type TestApp, testApp } from "../support/app.ts";

let app: TestApp;
let names = 0;
beforeAll(async () => {
  app = await testApp();
  await app.post("/work_pools/", { name: "there", type: "process" });
});

const create = (template: string): Promise<Answer> =>
  app.post("/work_pools/", `{"name":"p${++names}","base_job_template":${template}}`);
const update = (template: string): Promise<Answer> => app.patch("/work_pools/there", `{"base_job_template":${template}}`);
const undeclared = (list: string) => ({
  type: "value_error",
  msg:
    "Value error, The variables specified in the job configuration template must be present as properties in the variables schema. " +
    `Your job configuration uses the following undeclared variable(s): ${list}.`,
  ctx: { error: {} },
});
const incomplete = {
  type: "value_error",
  msg: "Value error, The `base_job_template` must contain both a `job_configuration` key and a `variables` key.",
  ctx: { error: {} },
};
const noObject = { type: "dict_type", msg: "Input should be a valid dictionary" };
const using = (text: string, variables: string) => `{"job_configuration":{"a":${text}},"variables":${variables}}`;
const declaring = (variable: string, more = "") => using('"{{ x }}"', `{"properties":{"x":${variable}}${more}}`);

// The texts and statuses are what the reference 3.9.1 answers to the same bodies.
describe("a job template", () => {
  it.each<[string, object]>([
    ["5", noObject],
    ["2.0", noObject],
    ['"x"', noObject],
    ["[]", noObject],
    ['{"a":1}', incomplete],
    ['{"job_configuration":{}}', incomplete],
    ['{"variables":{}}', incomplete],
    ['{"job_configuration":{},"variables":{}}', incomplete],
    [using('"b"', "{}"), incomplete],
    [using('"b"', "null"), incomplete],
    ['{"job_configuration":{},"variables":{"properties":{}}}', incomplete],
    ['{"job_configuration":null,"variables":{"properties":{}}}', incomplete],
    [using('"{{ x }}"', '{"properties":{}}'), undeclared("x")],
    [using('"{{ x }}"', '{"type":"object"}'), undeclared("x")],
    [using('"{{ x }}"', '{"properties":{"y":{}}}'), undeclared("x")],
    [using('["{{x}} {{ x }}",{"b":"{{ x }}"}]', '{"properties":{"y":{}}}'), undeclared("x")],
    [using('"{{ x.y }}"', '{"properties":{"x":{}}}'), undeclared("x.y")],
    [using('"{{ prefect.blocks.secret.x }}"', '{"properties":{"x":{}}}'), undeclared("prefect.blocks.secret.x")],
    [using('"{{ $HOME }}"', '{"properties":{"x":{}}}'), undeclared("$HOME")],
    [using('"{{ x[0] }}"', '{"properties":{"x":{}}}'), undeclared("x[0]")],
    [using('{"{{ k }}":"v"}', '{"properties":{"x":{}}}'), undeclared("k")],
    // To these the reference answers 500.
    ['{"job_configuration":["a"],"variables":{"properties":{"x":{}}}}', incomplete],
    ['{"job_configuration":5,"variables":{"properties":{"x":{}}}}', incomplete],
    ['{"job_configuration":true,"variables":true}', incomplete],
    [using('"b"', '["a"]'), incomplete],
    [using('"b"', "1"), incomplete],
  ])("that is malformed is refused alike in a new pool and in an update: %s", async (template, fault) => {
    for (const [answer, sent] of [
      [await create(template), `{"name":"p${names}","base_job_template":${template}}`],
      [await update(template), `{"base_job_template":${template}}`],
    ] as const) {
      expect(answer.status).toBe(422);
      expect(answer.body.exception_detail).toEqual([{ ...fault, loc: ["body", "base_job_template"], input: expect.anything() }]);
      expect(answer.text).toContain(`"input":${template}`);
      expect(answer.text).toContain(`"request_body":${sent}`);
    }
  });

  const defaults = "Validation failed for work pool's job variable defaults: Validation failed";
  const of = (field: string, reason: string) => `${defaults} for field '${field}'. Failure reason: ${reason}`;
  it.each([
    [declaring('{"type":"nonsense"}'), 422, "Invalid schema: 'nonsense' is not valid under any of the given schemas"],
    [declaring("{}", ',"required":"x"'), 422, "Invalid schema: 'x' is not of type 'array'"],
    [declaring('{"title":5}'), 422, "Invalid schema: 5 is not of type 'string'"],
    [declaring('{"type":"string","default":2.0}'), 422, of("x", "2.0 is not valid under any of the given schemas")],
    [declaring('{"type":"integer","default":2.5}', ',"required":["x","y"]'), 422, of("x", "2.5 is not of type 'integer'")],
    [declaring('{"enum":[1,2.0],"default":3.0}'), 422, of("x", "3.0 is not one of [1, 2.0]")],
    [declaring('{"default":{"$ref":{"block_document_id":"x"}}}'), 404, "Block not found."],
    [declaring('{"default":{"$ref":{"block_document_id":"00000000-0000-4000-8000-000000000000"}}}'), 404, "Block not found."],
  ])("whose defaults do not fit is refused in a new pool alone: %s", async (template, status, detail) => {
    const made = await create(template);
    expect([made.status, made.body]).toEqual([status, { detail }]);
    expect((await update(template)).status).toBe(204);
  });

  it.each([
    "{}",
    using('"b"', '{"properties":{}}'),
    using('"b"', '{"type":"object"}'),
    using('"{{ a b }}"', '{"properties":{"x":{}}}'),
    using('"{{ caf\\u00e9 }}"', '{"properties":{"x":{}}}'),
    '{"job_configuration":{"{{ k }}":"v"},"variables":{"properties":{"x":{}}}}',
    '{"job_configuration":{"a":"b","c":5,"d":null,"e":[1.0]},"variables":{"properties":{"x":{}}},"more":1}',
    declaring("{}"),
    declaring('{"type":"string","default":null}'),
    declaring('{"default":{"$ref":{}}}'),
  ])("is taken in a new pool and in an update: %s", async (template) => {
    const made = await create(template);
    expect(made.status, made.text).toBe(201);
    expect((await update(template)).status).toBe(204);
    expect((await app.get("/work_pools/there")).body.base_job_template).toEqual(made.body.base_job_template);
  });

  it("is one fault among the others, before names that are reserved or unknown", async () => {
    const body = { base_job_template: { a: 1 }, description: 5, concurrency_limit: -1, surprise: 2 };
    const expected = [
      expect.objectContaining({ type: "string_type", loc: ["body", "description"] }),
      expect.objectContaining({ ...incomplete, loc: ["body", "base_job_template"], input: { a: 1 } }),
      expect.objectContaining({ type: "greater_than_equal", loc: ["body", "concurrency_limit"], ctx: { ge: 0 } }),
      expect.objectContaining({ type: "extra_forbidden", loc: ["body", "surprise"] }),
    ];
    for (const name of ["there", "nope", "prefect"]) {
      const { status, body: answer } = await app.patch(`/work_pools/${name}`, body);
      expect([status, answer.exception_detail, answer.request_body]).toEqual([422, expected, body]);
    }
    const made = await app.post("/work_pools/", { ...body, name: "prefect" });
    expect([made.status, made.body.exception_detail, made.body.request_body]).toEqual([
      422,
      expected,
      { ...body, name: "prefect" },
    ]);
  });
});
