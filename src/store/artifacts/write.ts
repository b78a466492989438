import type { Micros } from "../../lib/time.ts";
import type { ArtifactCreate, ArtifactUpdate } from "../../schemas/artifacts.ts";
import type { Database } from "../client.ts";
import type { Stamp } from "../events/write.ts";
import { lastOf, touched } from "../sql/rows.ts";
import { always, sql } from "../sql/tag.ts";
import type { ArtifactRow } from "../tables/artifacts.ts";
import { type CollectionStamp, giveUpLatest, takeLatest } from "./latest.ts";
import { artifacts, collections } from "./rows.ts";

/** Stores an artifact, the latest of its key from now on; returns it. */
export async function createArtifact(
  db: Database,
  id: string,
  create: ArtifactCreate,
  stamp: CollectionStamp,
): Promise<ArtifactRow> {
  const row: ArtifactRow = { id, created: stamp.now, updated: stamp.now, ...create };
  await db.write([artifacts.insert(row), ...(create.key === null ? [] : takeLatest(id, "artifact", stamp, always))]);
  return row;
}

/** Changes an artifact's sent members, and those of the collection where it is the latest; returns false if there is none. */
export async function updateArtifact(db: Database, id: string, update: ArtifactUpdate, now: Micros): Promise<boolean> {
  const changes = { ...update, updated: now };
  const [updated] = await db.write([
    sql`update artifact set ${artifacts.set(changes)} where id = ${id} returning id`,
    sql`update artifact_collection set ${collections.set(changes)} where latest_id = ${id}`,
  ]);
  return touched(updated);
}

/** Deletes an artifact; returns false if there is none. */
export async function deleteArtifact(db: Database, id: string, stamp: Stamp): Promise<boolean> {
  const results = await db.write([...giveUpLatest(id, stamp), sql`delete from artifact where id = ${id} returning id`]);
  return touched(lastOf(results));
}
