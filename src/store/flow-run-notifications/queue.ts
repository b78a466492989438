import type { MessageFacts } from "../../domain/notifications/message.ts";
import type { State } from "../../domain/states.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { flag, json, number, optional, selection, text, textOrNull } from "../sql/selection.ts";
import { type Guard, raw, sql } from "../sql/tag.ts";

const isAnyActive = "exists (select 1 from flow_run_notification_policy where is_active = 1)";

/** Whether there is an active policy: a fact of each transition, which else would pay for a statement that queues nothing. */
export const hasPolicies = flag(isAnyActive);
export const hasNoPolicies: Guard = raw(`not ${isAnyActive}`);

/** Notifications of one state: each is a row in the batch of the state. */
const mostOfState = 200;

/**
 * Returns the statement that queues the notifications of a flow run's state, if the guard holds
 * (`prefect/server/database/query_components.py queue_flow_run_notifications` of 3.3.0).
 */
export const queueNotifications = (flow_run_id: string, { id, name }: State, guard: Guard): Sql =>
  sql`insert into flow_run_notification (policy_id, flow_run_state_id) select p.id, ${id} from flow_run_notification_policy p
    where p.is_active = 1 and (p.state_names = '[]' or exists (select 1 from json_each(p.state_names) n where n.value = ${name}))
      and (p.tags = '[]' or exists (select 1 from json_each(p.tags) t join flow_run_tag r on r.tag = t.value and r.flow_run_id = ${flow_run_id}))
      and ${guard} order by p.id limit ${mostOfState} on conflict do nothing`;

/** A queued notification that was taken to be sent. */
export interface TakenNotification {
  readonly policy_id: string;
  readonly flow_run_state_id: string;
  /** How often it was taken, this time included. */
  readonly attempts: number;
  /** How many of its requests were answered before. */
  readonly sent: number;
  readonly block_document_id: string;
  readonly message_template: string | null;
  /** What the message may show; null where the flow run has gone. */
  readonly facts: Omit<MessageFacts, "policy_id" | "ui_url"> | null;
}

const taken = selection({
  policy_id: text("n.policy_id"),
  flow_run_state_id: text("n.flow_run_state_id"),
  attempts: number("n.attempts + 1"),
  sent: number("n.sent"),
  block_document_id: text("p.block_document_id"),
  message_template: textOrNull("p.message_template"),
  facts: optional(
    selection({
      state: selection({
        type: text("s.type"),
        name: text("s.name"),
        timestamp: number("s.timestamp"),
        message: textOrNull("s.message"),
      }),
      flow: selection({ id: text("f.id"), name: text("f.name") }),
      flow_run: selection({
        id: text("r.id"),
        name: text("r.name"),
        // They may have half a megabyte.
        parameters: json("iif(instr(p.message_template, 'flow_run_parameters') > 0, r.parameters, '{}')"),
      }),
    }),
  ),
});

/**
 * Takes up to `limit` notifications that are due, oldest first; nobody else gets them before `until`, when they are sent again if they are
 * still there. One round trip.
 */
export async function takeNotifications(
  db: Database,
  { now, until, limit }: { readonly now: Micros; readonly until: Micros; readonly limit: number },
): Promise<TakenNotification[]> {
  const due = sql`select policy_id, flow_run_state_id from flow_run_notification where due <= ${now} order by due, flow_run_state_id, policy_id limit ${limit}`;
  const [found] = await db.write([
    sql`select ${taken.columns} from (${due}) d
      join flow_run_notification n on n.policy_id = d.policy_id and n.flow_run_state_id = d.flow_run_state_id
      join flow_run_notification_policy p on p.id = n.policy_id
      left join flow_run_state s on s.id = n.flow_run_state_id left join flow_run r on r.id = s.flow_run_id left join flow f on f.id = r.flow_id
      order by n.flow_run_state_id, n.policy_id`,
    sql`update flow_run_notification set due = ${until}, attempts = attempts + 1 where (policy_id, flow_run_state_id) in (${due})`,
  ]);
  return taken.rows(found);
}

/** What became of a notification: done with, or to be sent again later. */
export type NotificationSettled = Pick<TakenNotification, "policy_id" | "flow_run_state_id"> & {
  readonly again: { readonly due: Micros; readonly sent: number } | null;
};

/** Removes notifications that are done with, and stores when the others are due again. One round trip. */
export async function settleNotifications(db: Database, settled: readonly NotificationSettled[]): Promise<void> {
  await db.write(
    settled.map(({ policy_id, flow_run_state_id, again }) => {
      const isThis = sql`policy_id = ${policy_id} and flow_run_state_id = ${flow_run_state_id}`;
      return again === null
        ? sql`delete from flow_run_notification where ${isThis}`
        : sql`update flow_run_notification set due = ${again.due}, sent = ${again.sent} where ${isThis}`;
    }),
  );
}
