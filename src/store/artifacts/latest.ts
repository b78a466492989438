import type { Micros } from "../../lib/time.ts";
import type { Sql } from "../client.ts";
import { artifactCollectionEvent } from "../events/artifacts.ts";
import { type Guard, sql } from "../sql/tag.ts";

/** What a new artifact's key needs beside the artifact: the ids of the collection, if it is the key's first, and of the event. */
export interface CollectionStamp {
  readonly collection_id: string;
  readonly event_id: string;
  readonly now: Micros;
}

const copied = sql`latest_id = excluded.latest_id, updated = excluded.updated, data = excluded.data`;

const replaced = sql`${copied}, type = excluded.type, description = excluded.description, metadata_ = excluded.metadata_,
  flow_run_id = excluded.flow_run_id, task_run_id = excluded.task_run_id`;

// The result of a state leaves what it does not have.
const completed = sql`${copied}, type = coalesce(excluded.type, type), description = coalesce(excluded.description, description),
  flow_run_id = coalesce(excluded.flow_run_id, flow_run_id), task_run_id = coalesce(excluded.task_run_id, task_run_id)`;

/**
 * Returns the statements that make an artifact, stored before them in the batch, the latest of its key, and the event that says so. With a
 * guard nothing happens unless it holds.
 */
export function takeLatest(artifact_id: string, by: "artifact" | "result", stamp: CollectionStamp, guard: Guard): Sql[] {
  const { collection_id, event_id, now } = stamp;
  const change = sql`case when c.id = ${collection_id} then 'created' else 'updated' end`;
  return [
    sql`insert into artifact_collection (id, created, updated, key, latest_id, type, data, description, metadata_, flow_run_id, task_run_id)
      select ${collection_id}, ${now}, ${now}, a.key, a.id, a.type, a.data, a.description, a.metadata_, a.flow_run_id, a.task_run_id
      from artifact a where a.id = ${artifact_id} and a.key is not null and ${guard}
      on conflict (key) do update set ${by === "artifact" ? replaced : completed}`,
    artifactCollectionEvent(
      change,
      { now, eventId: event_id },
      sql`artifact_collection c where c.latest_id = ${artifact_id} and ${guard}`,
    ),
  ];
}

/** Returns the statements before the deletion of an artifact: the newest other one of its key takes its place, or the collection goes. */
export function giveUpLatest(artifact_id: string, stamp: { readonly now: Micros; readonly eventId: string }): Sql[] {
  const next = sql`(select a.* from artifact a join artifact_collection l on l.latest_id = ${artifact_id} and a.key = l.key
    where a.id <> ${artifact_id} order by a.created desc, a.id desc limit 1)`;
  return [
    artifactCollectionEvent("updated", stamp, sql`artifact_collection c join ${next} n where c.latest_id = ${artifact_id}`, "n"),
    sql`update artifact_collection set latest_id = n.id, created = n.created, updated = n.updated, type = n.type, data = n.data,
      description = n.description, metadata_ = n.metadata_, flow_run_id = n.flow_run_id, task_run_id = n.task_run_id
      from ${next} n where artifact_collection.latest_id = ${artifact_id}`,
    artifactCollectionEvent("deleted", stamp, sql`artifact_collection c where c.latest_id = ${artifact_id}`),
    sql`delete from artifact_collection where latest_id = ${artifact_id}`,
  ];
}
