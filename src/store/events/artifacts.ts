import type { Sql } from "../client.ts";
import { raw, sql } from "../sql/tag.ts";
import { type Change, insertEvent, relatedResource, type Stamp } from "./write.ts";

// The rows say what the collection's members are: `c` the collection itself, `n` an artifact that takes the latest one's place.
type Source = "c" | "n";

const related = (of: Source): Sql => {
  const latest = of === "c" ? "c.latest_id" : "n.id";
  return sql`(select json_group_array(json(r.labels)) from (${relatedResource("artifact", latest, "latest")}
    union all ${relatedResource("flow-run", `${of}.flow_run_id`, "flow-run")} union all ${relatedResource("task-run", `${of}.task_run_id`, "task-run")}) r)`;
};

/**
 * Returns the statement that stores an event for the collection of artifacts (`c`) that `from` finds, with its values at this point of the
 * batch; `what` is an expression where only the rows tell whether the collection is new.
 */
export const artifactCollectionEvent = (what: Change | Sql, { now, eventId }: Stamp, from: Sql, of: Source = "c"): Sql =>
  sql`${insertEvent}
    select ${eventId}, ${now}, ${now}, 'prefect.artifact-collection.' || ${what}, 'prefect.artifact-collection.' || c.id,
      json_object('prefect.resource.id', 'prefect.artifact-collection.' || c.id, 'prefect.resource.name', c.key),
      ${related(of)},
      json_object('key', c.key, 'type', ${raw(of)}.type, 'data', json(coalesce(${raw(of)}.data, 'null')), 'description', ${raw(of)}.description), null
    from ${from}`;
