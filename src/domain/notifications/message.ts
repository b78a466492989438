import type { Json } from "../../lib/json.ts";
import { parseFormat, repr } from "../../lib/python/index.ts";
import { formatTime, type Micros } from "../../lib/time.ts";
import type { TemplateName } from "../../schemas/flow-run-notification-policies.ts";

/** What messages of policies may show. */
export interface MessageFacts {
  readonly policy_id: string;
  readonly flow: { readonly id: string; readonly name: string };
  readonly flow_run: { readonly id: string; readonly name: string; readonly parameters: Json };
  readonly state: {
    readonly type: string;
    readonly name: string;
    readonly timestamp: Micros;
    readonly message: string | null;
  };
  /** The address of the user interface, without a slash at its end. */
  readonly ui_url: string;
}

/** `prefect/server/models/flow_run_notification_policies.py DEFAULT_MESSAGE_TEMPLATE` of 3.3.0. */
const defaultTemplate = `
Flow run {flow_name}/{flow_run_name} entered state \`{flow_run_state_name}\` at {flow_run_state_timestamp}.

Flow ID: {flow_id}
Flow run ID: {flow_run_id}
Flow run URL: {flow_run_url}
State message: {flow_run_state_message}
`;

/** The subject of such notifications (`prefect/server/services/flow_run_notifications.py` of 3.3.0). */
export const policySubject = "Prefect flow run notification";

/** Services refuse or cut longer messages. */
const longestMessage = 100_000;

const python = (value: string | null): string => value ?? "None";
/** A time as Python's `str` shows it. */
const timeText = (time: Micros): string => formatTime(time).replace("T", " ").replace("Z", "+00:00");

/** Returns the message of a policy's template about a state, the default one for null or an empty template. */
export function messageOf(template: string | null, { policy_id, flow, flow_run, state, ui_url }: MessageFacts): string {
  const values: Record<TemplateName, () => string> = {
    flow_run_notification_policy_id: () => policy_id,
    flow_id: () => flow.id,
    flow_name: () => flow.name,
    flow_run_url: () => `${ui_url}/runs/flow-run/${flow_run.id}`,
    flow_run_id: () => flow_run.id,
    flow_run_name: () => flow_run.name,
    flow_run_parameters: () => repr(flow_run.parameters),
    flow_run_state_type: () => `StateType.${state.type}`,
    flow_run_state_name: () => state.name,
    flow_run_state_timestamp: () => timeText(state.timestamp),
    flow_run_state_message: () => python(state.message),
  };
  const known = new Map<string, () => string>(Object.entries(values));
  let message = "";
  for (const part of parseFormat(template || defaultTemplate) ?? [template ?? ""]) {
    const value = typeof part === "string" ? part : (known.get(part.name)?.() ?? "");
    message += typeof part !== "string" && part.conversion === "r" ? repr(value) : value;
    if (message.length > longestMessage) return message.slice(0, longestMessage);
  }
  return message;
}
