import { maybeTemplate, parseTemplate } from "../../lib/jinja/index.ts";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import type { Action } from "../../schemas/automations/actions.ts";
import type { Automation } from "../../schemas/automations/automations.ts";
import { automationBounds } from "../../schemas/automations/bounds.ts";
import type { ResourceSpecification, SentTrigger } from "../../schemas/automations/triggers.ts";
import { faultOfPlaceholders } from "../parameters/placeholders.ts";
import { upgradeTemplates } from "./upgrade-templates.ts";

/** Why an automation is refused although its members are valid by themselves: where in it, and a message. */
export interface AutomationFault {
  readonly at: readonly (string | number)[];
  readonly message: string;
}

const lists = ["actions", "actions_on_trigger", "actions_on_resolve"] as const;

/** What of an automation is looked at. */
export type Refusable = Pick<Automation, "enabled" | "actions"> &
  Partial<{ [List in (typeof lists)[number]]: Automation[List] | undefined }> & { readonly trigger: SentTrigger };

/** Returns the faults of an automation: endless loops, and templates that cannot be parsed. */
export function faultsOfAutomation(automation: Refusable): AutomationFault[] {
  const loop = loopOf(automation);
  return [...(loop === null ? [] : [{ at: [], message: loop }]), ...faultsOfTemplates(automation)];
}

function faultsOfTemplates(automation: Refusable): AutomationFault[] {
  const parts = lists.flatMap((list) =>
    (automation[list] ?? []).flatMap((action, index) =>
      partsOf(action).map((part) => ({ ...part, at: [list, index, part.name] })),
    ),
  );
  if (parts.reduce((sum, { value }) => sum + templateLength(value), 0) > automationBounds.templates)
    return [{ at: [], message: `The templates of an automation have at most ${automationBounds.templates} characters together` }];
  return parts.flatMap(({ value, at }) => {
    const message = typeof value === "string" ? faultOfTemplate(value) : faultOfPlaceholders(upgradeTemplates(value));
    return message === null ? [] : [{ at, message }];
  });
}

interface Templated {
  readonly name: string;
  readonly value: string | JsonObject;
}

function partsOf(action: Action): Templated[] {
  switch (action.type) {
    case "run-deployment":
      return action.parameters === null ? [] : [{ name: "parameters", value: action.parameters }];
    case "send-notification":
      return [
        { name: "subject", value: action.subject },
        { name: "body", value: action.body },
      ];
    case "call-webhook":
      return [{ name: "payload", value: action.payload }];
    default:
      return [];
  }
}

function templateLength(value: unknown): number {
  if (typeof value === "string") return maybeTemplate(value) ? value.length : 0;
  if (!isJsonObject(value) && !Array.isArray(value)) return 0;
  return Object.values(value).reduce<number>((sum, inner) => sum + templateLength(inner), 0);
}

function faultOfTemplate(source: string): string | null {
  const parsed = maybeTemplate(source) ? parseTemplate(source) : null;
  return parsed?.ok === false ? parsed.message : null;
}

// What every run of a deployment passes.
const looping = new Set(["Scheduled", "Pending", "Running", "*"].map((state) => `prefect.flow-run.${state}`));

/** Returns why an automation would run a deployment for each run of it (`prefect/server/events/schemas/automations.py AutomationCore`). */
export function loopOf({ enabled, trigger, actions }: Refusable): string | null {
  if (!enabled || trigger.type !== "event" || trigger.posture !== "Reactive") return null;
  if (!trigger.expect.some((name) => looping.has(name))) return null;
  const runs = actions.filter((action) => action.type === "run-deployment");
  if (runs.some(({ source }) => source === "inferred")) return inferredLoop;
  const related = Array.isArray(trigger.match_related) ? trigger.match_related : [trigger.match_related];
  return runs.length > 0 && isEveryFlowRun(trigger.match) && related.some(isEveryFlowRun) ? selectedLoop : null;
}

function isEveryFlowRun(specification: ResourceSpecification): boolean {
  const [[label, value] = [], another] = Object.entries(specification);
  if (label === undefined) return true;
  return another === undefined && label === "prefect.resource.id" && [value].flat().includes("prefect.flow-run.*");
}

const endless = (what: string, advice: string) =>
  `Running ${what} deployment from a flow run state change event can lead to an infinite loop of flow runs. ${advice}`;
const inferredLoop = endless(
  "an inferred",
  "Please choose a specific deployment and add additional filtering labels to the match or match_related for this automation's trigger.",
);
const selectedLoop = endless(
  "a selected",
  "Please include additional filtering labels on either match or match_related to narrow down which flow runs will trigger this automation.",
);

/** Returns the resources that an automation is related to without being owned by them: the deployments that it runs. */
export const relatedResources = (actions: readonly Action[]): string[] => [
  ...new Set(
    actions.flatMap((action) =>
      action.type === "run-deployment" && action.deployment_id !== null ? [`prefect.deployment.${action.deployment_id}`] : [],
    ),
  ),
];
