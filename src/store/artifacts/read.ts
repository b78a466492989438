import type { Predicate } from "../../filters/predicate.ts";
import type { Rows } from "../../lib/rows.ts";
import type { ArtifactSort } from "../../schemas/artifacts.ts";
import type { Database } from "../client.ts";
import { listOfMatching, readRows, rowsOf } from "../slices.ts";
import { emit } from "../sql/emit.ts";
import { readCount } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import type { ArtifactCollectionRow, ArtifactRow } from "../tables/artifacts.ts";
import { artifacts, collections } from "./rows.ts";

/** Returns the artifact, or null. */
export const readArtifact = async (db: Database, id: string): Promise<ArtifactRow | null> =>
  artifacts.first(await db.execute(sql`select ${artifacts.columns("a")} from artifact a where a.id = ${id}`));

/** Returns the collection of a key, or null. */
export const readArtifactCollection = async (db: Database, key: string): Promise<ArtifactCollectionRow | null> =>
  collections.first(await db.execute(sql`select ${collections.columns("a")} from artifact_collection a where a.key = ${key}`));

const orders: Record<ArtifactSort, string> = {
  ID_DESC: "a.id desc",
  CREATED_DESC: "a.created desc, a.id desc",
  UPDATED_DESC: "a.updated desc, a.id desc",
  KEY_ASC: "a.key, a.id",
  KEY_DESC: "a.key desc, a.id desc",
};

interface ArtifactList {
  readonly where: Predicate;
  readonly sort: ArtifactSort;
  readonly limit: number;
  readonly offset: number;
}

/** Returns the artifacts that match, in the order of the sort. */
export const listArtifacts = (db: Database, { where, sort, limit, offset }: ArtifactList): Promise<Rows<ArtifactRow>> =>
  readRows(
    db,
    listOfMatching({ where: emit(where, "a"), limit, offset }, { ...rowsOf(artifacts, "a", "id"), order: orders[sort] }),
  );

/** Returns the latest artifacts of the keys that match, in the order of the sort. */
export const listArtifactCollections = (
  db: Database,
  { where, sort, limit, offset }: ArtifactList,
): Promise<Rows<ArtifactCollectionRow>> =>
  readRows(
    db,
    listOfMatching({ where: emit(where, "a"), limit, offset }, { ...rowsOf(collections, "a", "id"), order: orders[sort] }),
  );

/** Returns how many artifacts match. */
export const countArtifacts = async (db: Database, where: Predicate): Promise<number> =>
  readCount(await db.execute(sql`select count(*) from artifact a where ${emit(where, "a")}`));

/** Returns how many keys have a latest artifact that matches. */
export const countArtifactCollections = async (db: Database, where: Predicate): Promise<number> =>
  readCount(await db.execute(sql`select count(*) from artifact_collection a where ${emit(where, "a")}`));
