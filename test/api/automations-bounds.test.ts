import { beforeAll, describe, expect, it } from "vitest";
import { automationBounds } from "../../src/schemas/automations/bounds.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { automationBody, onEvent } from "../support/automations.ts";

const nobody = "00000000-0000-4000-8000-000000000000";
const { levels, triggers, names, resources, labels, values, text, wildcards, actions, templates } = automationBounds;

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});

const nested = (depth: number): object =>
  depth === 1 ? onEvent() : { type: "sequence", within: null, triggers: [nested(depth - 1)] };
const wide = (count: number) => ({ type: "compound", require: "any", within: null, triggers: Array(count).fill(onEvent()) });
const numbered = (count: number, prefix = "") => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
const labelled = (count: number) => Object.fromEntries(numbered(count).map((label) => [label, "x"]));
const notification = (body: string) => ({ type: "send-notification", block_document_id: nobody, body });
const run = (parameters: object) => ({ type: "run-deployment", deployment_id: nobody, parameters });

type Sized = readonly [what: string, most: number, sent: (size: number) => object];
const sized: readonly Sized[] = [
  ["levels of triggers", levels, (size) => ({ trigger: nested(size) })],
  ["triggers", triggers, (size) => ({ trigger: wide(size - 1) })],
  ["names", names, (size) => ({ trigger: onEvent({ expect: numbered(size) }) })],
  ["labels of for_each", names, (size) => ({ trigger: onEvent({ for_each: numbered(size) }) })],
  ["related resources", resources, (size) => ({ trigger: onEvent({ match_related: Array(size).fill({}) }) })],
  ["labels of a resource", labels, (size) => ({ trigger: onEvent({ match: labelled(size) }) })],
  ["values of a label", values, (size) => ({ trigger: onEvent({ match: { a: numbered(size) } }) })],
  ["characters of a name", text, (size) => ({ trigger: onEvent({ after: ["x".repeat(size)] }) })],
  ["wildcards of a name", wildcards, (size) => ({ trigger: onEvent({ expect: ["*".repeat(size)] }) })],
  ["wildcards of a value", wildcards, (size) => ({ trigger: onEvent({ match: { a: ["*a".repeat(size)] } }) })],
  ["wildcards of a label", wildcards, (size) => ({ trigger: onEvent({ match: { ["*".repeat(size)]: "a" } }) })],
  ["seconds", 3_155_760_000, (size) => ({ trigger: onEvent({ within: size }) })],
  ["actions", actions, (size) => ({ actions: Array(size).fill({}) })],
  ["actions on trigger", actions, (size) => ({ actions_on_trigger: Array(size).fill({}) })],
  ["tags", 1000, (size) => ({ tags: numbered(size) })],
  ["characters of a template", templates, (size) => ({ actions: [notification("{{ a }}".padEnd(size, "x"))] })],
  [
    "characters of templates together",
    templates,
    (size) => ({
      actions: [notification("{{ a }}".padEnd(1000, "x")), run({ a: [{ b: "{% if a %}{% endif %}".padEnd(size - 1000, "x") }] })],
    }),
  ],
];

/** Labels of about so many characters, and at least as many. */
const labelsOf = (characters: number) =>
  Object.fromEntries(numbered(Math.ceil(characters / text)).map((label) => [label, "x".repeat(text)]));

describe("an automation with as many as allowed", () => {
  it.each(sized)("%s is taken, and refused with one more", async (_what, most, sent) => {
    const taken = await app.post("/automations/", automationBody(sent(most)));
    expect(taken.status, taken.text.slice(0, 1000)).toBe(201);
    const before = (await app.post("/automations/count", {})).body;
    const refused = await app.post("/automations/", automationBody(sent(most + 1)));
    expect([refused.status, Object.keys(refused.body)]).toEqual([422, expect.arrayContaining(["exception_detail"])]);
    const put = await app.put(`/automations/${taken.body.id}`, automationBody(sent(most + 1)));
    expect(put.status).toBe(422);
    expect((await app.post("/automations/count", {})).body).toBe(before);
    expect((await app.get(`/automations/${taken.body.id}`)).body).toEqual(taken.body);
  });
});

describe("the size of an automation", () => {
  it.each([
    ["as a whole", 0.99, (share: number) => ({ description: "x".repeat(automationBounds.automation * share) })],
    ["of its trigger", 0.94, (share: number) => ({ trigger: onEvent({ match: labelsOf(automationBounds.trigger * share) }) })],
  ])("has a bound %s", async (_what, below, sent) => {
    expect((await app.post("/automations/", automationBody(sent(below)))).status).toBe(201);
    const { status, body } = await app.post("/automations/", automationBody(sent(1)));
    expect([status, body.exception_detail[0].msg]).toEqual([422, expect.stringMatching(/has at most \d+ characters$/)]);
  });
});

describe("an automation of a hostile client", () => {
  it("keeps labels and parameters of any name", async () => {
    const body = `{"name": "n", "trigger": {"posture": "Reactive", "match": {"__proto__": "a", "constructor": ["b"], "": ""}},
      "actions": [{"type": "run-deployment", "deployment_id": "${nobody}", "parameters": {"__proto__": {"toString": 1}}}]}`;
    const { status, body: made } = await app.post("/automations/", body);
    expect(status).toBe(201);
    const { text: shown } = await app.get(`/automations/${made.id}`);
    expect(shown).toContain('{"__proto__":"a","constructor":["b"],"":""}');
    expect(shown).toContain('{"__proto__":{"toString":1}}');
  });

  it("has no members by way of a prototype", async () => {
    for (const body of [
      '{"__proto__": {"name": "n"}, "trigger": {"posture": "Reactive"}, "actions": []}',
      '{"name": "n", "actions": [], "trigger": {"__proto__": {"posture": "Reactive"}}}',
    ])
      expect((await app.post("/automations/", body)).status).toBe(422);
    const typed = '{"name": "n", "trigger": {"posture": "Reactive"}, "actions": [{"__proto__": {"type": "cancel-flow-run"}}]}';
    expect((await app.post("/automations/", typed)).body.actions).toEqual([{ type: "do-nothing" }]);
  });

  it("is refused for triggers in triggers of any depth, without a type and with too many of them", async () => {
    let text = '{"posture": "Reactive"}';
    for (let i = 0; i < 200; i++) text = `{"within": null, "require": "all", "triggers": [${text}]}`;
    expect((await app.post("/automations/", `{"name": "n", "actions": [], "trigger": ${text}}`)).status).toBe(422);
    const leaves = Array(20_000).fill({ triggers: Array(5).fill({}) });
    expect((await app.post("/automations/", automationBody({ trigger: { triggers: leaves, within: 1 } }))).status).toBe(422);
  });

  it.each([
    ["a template that nests", "{% if a %}".repeat(9000)],
    ["brackets", `{{ ${"(".repeat(90_000)} }}`],
    ["loops", "{% for a in b %}".repeat(6000)],
    ["beginnings", "{{".repeat(49_000)],
    ["an open text", `{{ '${"\\a".repeat(49_000)}`],
  ])("is refused for %s, as its template is", async (_what, source) => {
    const { status, body } = await app.post("/automations/", automationBody({ actions: [notification(source)] }));
    expect([status, body.exception_detail[0].loc]).toEqual([422, ["body", "actions", 0, "body"]]);
    expect((await app.post("/templates/validate", JSON.stringify(source))).status).toBe(422);
  });

  it("is refused for a hundred wrong actions in one answer", async () => {
    const { status, body } = await app.post(
      "/automations/",
      automationBody({ actions: Array(100).fill({ type: "run-deployment" }) }),
    );
    expect([status, body.exception_detail.length]).toEqual([422, 100]);
  });

  it("is found by no part of a statement", async () => {
    const owner = "x' or '1'='1";
    await app.post("/automations/", automationBody({ name: owner, tags: [owner], owner_resource: "kept" }));
    const before = (await app.post("/automations/count", {})).body;
    await app.delete(`/automations/owned-by/${encodeURIComponent(owner)}`);
    expect((await app.post("/automations/count", {})).body).toBe(before);
    const found = { automations: { name: { any_: [owner] }, tags: { all_: [owner] } } };
    expect((await app.post("/automations/count", found)).body).toBe(1);
  });
});
