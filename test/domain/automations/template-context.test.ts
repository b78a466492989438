import { describe, expect, it } from "vitest";
import { renderParameters, templatesIn } from "../../../src/domain/automations/action-parameters.ts";
import { neededBy, templateOptions } from "../../../src/domain/automations/template-context.ts";
import type { TriggeredAction } from "../../../src/domain/automations/triggered-action.ts";
import { upgradeTemplates } from "../../../src/domain/automations/upgrade-templates.ts";
import { truncated } from "../../../src/domain/automations/webhook.ts";
import { renderTemplate } from "../../../src/lib/jinja/index.ts";
import { automationWith, causeOf, firingOf } from "../../support/automation-actions.ts";

const run = "11111111-1111-4111-8111-111111111111";
const flow = "22222222-2222-4222-8222-222222222222";
const cause = causeOf({
  id: "33333333-3333-4333-8333-333333333333",
  occurred: "2026-11-24T14:11:49.791944Z",
  received: "2026-11-24T14:11:50.000000Z",
  resource: {
    "prefect.resource.id": `prefect.flow-run.${run}`,
    "prefect.resource.name": "run-1",
    color: "red",
    "prefect.state-message": "oh it's",
    "prefect.state-name": "Failed",
    "prefect.state-timestamp": "2026-11-24T14:11:49.791944Z",
    "prefect.state-type": "FAILED",
  },
  related: [
    { "prefect.resource.id": `prefect.flow.${flow}`, "prefect.resource.role": "flow", "prefect.resource.name": "etl" },
    { "prefect.resource.id": "prefect.tag.a", "prefect.resource.role": "tag" },
    { "prefect.resource.id": "prefect.tag.b", "prefect.resource.role": "tag" },
  ],
  payload: { n: 7, text: "see https://ui/runs/flow-run/44444444-4444-4444-8444-444444444444 now", list: ["a", null, 1.5] },
});
const automation = { ...automationWith([{ type: "do-nothing" }], { tags: ["x"] }), id: "55555555-5555-4555-8555-555555555555" };
const child = firingOf(automation, causeOf({ event: "child.happened" }));
const firing = firingOf(automation, cause, {
  triggering_labels: { "prefect.resource.id": "thing.1", "prefect.resource.id.more": "m", color: "red" },
  triggering_firings: [child],
});
const one: TriggeredAction = {
  invocation: "i",
  action_index: 0,
  action: { type: "do-nothing" },
  automation,
  firing,
  triggered: 0,
  triggered_event_id: "t",
  triggering_event: cause,
  attempts: 1,
  sent: 0,
};
const read = {
  objects: {
    flow_run: {
      id: run,
      name: "run-1",
      created: "2026-11-24T14:11:49.000000Z",
      state_type: "RUNNING",
      state: { type: "RUNNING", name: "Running", message: null, timestamp: "2026-11-24T14:11:40.000000Z" },
    },
    flow: { id: flow, name: "etl", tags: ["q"] },
    work_pool: { id: run, name: "a pool" },
  },
  variables: { town: { name: "Rome" } },
  uiUrl: "https://ui",
  now: 1_800_000_000_000_000,
};
const jinja = templateOptions(one, read);
const textOf = (template: string, options = jinja): string => {
  const rendered = renderTemplate(template, options);
  return rendered.ok ? rendered.text : `! ${rendered.message}`;
};

describe("templates of actions", () => {
  it.each([
    ["{{ event.id }} {{ event.event }} {{ event.follows }}", "33333333-3333-4333-8333-333333333333 it.happened None"],
    ["{{ event.occurred }} {{ event.received }}", "2026-11-24 14:11:49.791944+00:00 2026-11-24 14:11:50+00:00"],
    [
      "{{ event.occurred.year }}-{{ event.occurred.month }} {{ event.occurred.isoformat() }}",
      "2026-11 2026-11-24T14:11:49.791944+00:00",
    ],
    ["{{ event.resource.id }} {{ event.resource.name }} {{ event.resource.color }}", `prefect.flow-run.${run} run-1 red`],
    ["{{ event.resource['prefect.resource.name'] }} {{ event.resource.labels.prefect.resource.name }}", "run-1 run-1"],
    ["{{ event.resource.get('color') }} {{ event.resource.get('none', 'x') }} {{ event.resource.none.at.all }}|", "red x |"],
    [
      "{{ event.related[0].role }} {{ event.related | length }} {{ event.related[1] }}",
      "flow 3 root={'prefect.resource.id': 'prefect.tag.a', 'prefect.resource.role': 'tag'}",
    ],
    ["{{ event.resource_in_role['flow'].name }} {{ event.resource_in_role.tag.id }}", "etl prefect.tag.a"],
    [
      "{% for tag in event.resources_in_role['tag'] %}{{ tag.id }},{% endfor %}{{ event.resources_in_role['no'] | length }}",
      "prefect.tag.a,prefect.tag.b,0",
    ],
    [
      "{{ event.payload }}",
      "{'n': 7, 'text': 'see https://ui/runs/flow-run/44444444-4444-4444-8444-444444444444 now', 'list': ['a', None, 1.5]}",
    ],
    ["{{ event.payload.missing.deeply }}|{{ event.payload.missing | default('d') }}", "|d"],
    ["{{ event.url }}", "https://ui/events/event/2026-11-24/33333333-3333-4333-8333-333333333333"],
    [
      "{{ automation.name }} {{ automation.id }} {{ automation.enabled }} {{ automation.tags }}",
      "the automation 55555555-5555-4555-8555-555555555555 True ['x']",
    ],
    ["{{ automation.trigger.posture }} {{ automation.actions[0].type }}", "Reactive do-nothing"],
    [
      "{{ labels.color }} {{ labels['prefect.resource.id'] }} {{ labels.prefect.resource.id }} {{ labels.prefect.resource.id.more }}",
      "red thing.1 thing.1 m",
    ],
    [
      "{{ firing.id == firings[0].id }} {{ firings | length }} {{ events | length }} {{ events[1].event }}",
      "True 2 2 child.happened",
    ],
    [
      "{{ firing.trigger_states }} {{ firing.triggering_labels.color }} {{ firing.triggering_event.event }}",
      "['Triggered'] red it.happened",
    ],
    [
      "{{ flow_run.name }} {{ flow_run.state.name }} {{ flow_run.state.type }} {{ flow_run.state }}",
      'run-1 Failed StateType.FAILED Failed("oh it\'s")',
    ],
    [
      "{{ flow_run.state.type == 'FAILED' }} {{ 'FAILED' == flow_run.state.type }} {{ flow_run.state_type == 'FAILED' }}",
      "True True False",
    ],
    ["{{ flow.tags[0] }} {{ task_run.name }}|{{ deployment }}|{{ variables.town.name }}", "q ||Rome"],
    [
      "{{ flow_run | ui_url }} {{ flow | ui_url }} {{ work_pool | ui_url }}",
      `https://ui/runs/flow-run/${run} https://ui/flows/flow/${flow} https://ui/work-pools/work-pool/a%20pool`,
    ],
    [
      "{{ automation | ui_url }} {{ event.resource | ui_url }} {{ 'x' | ui_url }}",
      `https://ui/automations/automation/${automation.id} https://ui/runs/flow-run/${run} None`,
    ],
    [
      "{{ flow | ui_resource_events_url }} {{ event.related[0] | ui_resource_events_url }}",
      `https://ui/events?resource=prefect.flow.${flow} https://ui/events?resource=prefect.flow.${flow}`,
    ],
    ["{{ event.payload.text | flow_run_id }} {{ 'none' | flow_run_id }}", "44444444-4444-4444-8444-444444444444 None"],
    ["{{ event.occurred | humanize_naturaltime }}", "1 month, 22 days ago"],
    ["{{ flow | tojson }}", `{"id": "${flow}", "name": "etl", "tags": ["q"]}`],
    ["plain {# comment #}", "plain {# comment #}"],
  ])("see their context: %s", (template, text) => {
    if (template.includes("naturaltime")) expect(textOf(template)).toMatch(/ago$/);
    else expect(textOf(template)).toBe(text);
  });

  it("have no links without the address of the interface, and no secret attributes", () => {
    const plain = templateOptions(one, { ...read, uiUrl: null });
    expect(textOf("{{ event.url }} {{ flow | ui_url }} {{ automation | ui_resource_events_url }}", plain)).toBe("None None None");
    expect(textOf("{{ event.__class__ }}{{ flow_run.constructor }}{{ labels.__proto__ }}{{ event.resource.toString }}")).toBe("");
  });

  it("need of the database what they name, the first of its kind in the event", () => {
    const event = cause;
    expect(neededBy(["{{ flow_run.name }} {{ flow.name }}", "{{ task_run.id }}"], event)).toEqual({
      ids: { flow_run: run, flow },
      allVariables: false,
    });
    expect(neededBy(["{{ variables.a }} {{ deployment }}"], event)).toEqual({ ids: {}, allVariables: true });
    expect(neededBy(["{{ variables.a }} {{ flow.name }}"], null)).toEqual({ ids: {}, allVariables: false });
  });
});

describe("parameters of run-deployment", () => {
  const rendered = (parameters: object) =>
    renderParameters(upgradeTemplates({ ...parameters }), new Map([["town", { size: 3 }]]), jinja);

  it("keep the type of a lone expression and make text of all else, at any depth", () => {
    const parameters = {
      text: "Hello {{ event.resource.color }}",
      number: "{{ event.payload.n }}",
      blanks: " {{ event.payload.n }} ",
      object: "{{ event.payload.list }}",
      two: "{{ event.payload.n }}{{ event.payload.n }}",
      list: ["{{ event.event }}", { deep: "a {{ labels.color }}" }, ["{{ untouched }}"]],
      kind: { __prefect_kind: "jinja", template: "{{ event.payload.n }}" },
      json: { __prefect_kind: "json", value: "[1, 2]" },
      dropped: { __prefect_kind: "json" },
      variable: { __prefect_kind: "workspace_variable", variable_name: "town" },
      none: { __prefect_kind: "none", value: "{{ raw }}" },
      id: "id {{ event.id }}",
      flow: "{{ flow }}",
      label: '{{ labels["color"] }}',
      or: '{{ event.missing or "b" }}',
    };
    expect(rendered(parameters)).toEqual({
      ok: true,
      parameters: {
        text: "Hello red",
        number: 7,
        blanks: 7,
        object: ["a", null, 1.5],
        two: "77",
        list: ["it.happened", { deep: "a red" }, ["{{ untouched }}"]],
        kind: "7",
        json: [1, 2],
        variable: { size: 3 },
        none: "{{ raw }}",
        id: "id 33333333-3333-4333-8333-333333333333",
        flow: { id: flow, name: "etl", tags: ["q"] },
        label: "red",
        or: "b",
      },
    });
  });

  it.each([
    ["{{ event.payload.missing }}", "InvalidJinja"],
    ["{{ event.occurred }}", "InvalidJinja"],
    ["{{ event.id }}", "InvalidJinja"],
    ["{{ automation.id }}", "InvalidJinja"],
    ["{{ labels.color }}", "InvalidJinja"],
    ["{{ 1 + 1 }}", "InvalidJinja"],
    [{ __prefect_kind: "workspace_variable", variable_name: "unknown" }, "WorkspaceVariableNotFound"],
    [{ __prefect_kind: "json", value: "{" }, "InvalidJSON"],
    [{ __prefect_kind: "none" }, "ValueNotFound"],
  ])("fail for what JSON cannot hold and what there is not: %j", (value, fault) => {
    expect(rendered({ value })).toEqual({ ok: false, fault });
  });

  it("name their templates at any depth", () => {
    expect(templatesIn({ a: "{{ x }}", b: [{ c: "{% y %}" }, "plain"] })).toEqual(["{{ x }}", "{% y %}"]);
  });
});

describe("a long answer of a webhook", () => {
  it.each([
    ["x".repeat(1000), "x".repeat(1000)],
    ["x".repeat(1010), "x".repeat(1010)],
    ["é".repeat(1100), `${"é".repeat(500)}...100 additional characters...${"é".repeat(500)}`],
  ])("has its middle left out where that is shorter", (text, short) => {
    expect(truncated(text)).toBe(short);
  });
});
