import { letters, many, named } from "./shapes.ts";
import type { Bomb, Targets } from "./table.ts";

const automation = (name: string, body: (targets: Targets) => object): Bomb => ({
  name,
  method: "POST",
  path: () => "/automations/",
  body: (targets) => ({ name, trigger: { posture: "Reactive" }, actions: [], enabled: false, ...body(targets) }),
});
const block_document_id = "00000000-0000-4000-8000-000000000000";
const notification = (body: string) => ({ block_document_id, body });
const nested = (depth: number): object =>
  many(depth, () => 0).reduce<object>((inner) => ({ triggers: [inner], within: null, require: 1 }), { posture: "Reactive" });

/** Automations that would take long to read. */
export const automationBombs: readonly Bomb[] = [
  automation("templates up to their bound", () => ({ actions: [notification("{{a}}".repeat(19_999))] })),
  automation("templates far above their bound", () => ({ actions: many(50, () => notification("{{a}}".repeat(15_000))) })),
  automation("triggers within triggers without a type", () => ({ trigger: nested(100) })),
  automation("triggers as wide as deep", () => ({ trigger: { within: 1, triggers: many(100, () => nested(100)) } })),
  automation("very many labels", () => ({ trigger: { posture: "Reactive", match: named(100_000, (i) => [`l${i}`, "x"]) } })),
  automation("very many values", () => ({
    trigger: { posture: "Reactive", match_related: many(50, () => named(10, (i) => [`l${i}`, many(500, String)])) },
  })),
  automation("very many names", () => ({ trigger: { posture: "Reactive", expect: many(100_000, (i) => `n${i}`) } })),
  automation("actions without a type of very many members", () => ({
    actions: many(100, () => named(1000, (i) => [`m${i}`, 1])),
  })),
  automation("parameters of very many templates", ({ deployment_id }) => ({
    actions: many(100, () => ({ deployment_id, parameters: named(40, (i) => [`p${i}`, `{{ a.b.c[${i}] }}`]) })),
  })),
  automation("a hundred job variables to check", ({ deployment_id }) => ({
    actions: many(100, () => ({ deployment_id, job_variables: named(100, (i) => [`v${i}`, letters(40)]) })),
  })),
  {
    name: "a template to validate",
    method: "POST",
    path: () => "/templates/validate",
    body: () => JSON.stringify(`{{ ${"a+".repeat(49_000)}1 }}`),
  },
];
