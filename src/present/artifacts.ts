import { isJsonObject, type Json } from "../lib/json.ts";
import { formatTime } from "../lib/time.ts";
import type { Artifact, ArtifactCollection } from "../schemas/artifacts.ts";
import type { ArtifactCollectionRow, ArtifactRow } from "../store/tables/artifacts.ts";

// Only texts are stored.
const metadataOf = (stored: Json): Record<string, string> | null =>
  isJsonObject(stored) ? Object.fromEntries(Object.entries(stored).map(([key, value]) => [key, String(value)])) : null;

/** Returns an artifact as it stands in answers. */
export const presentArtifact = (row: ArtifactRow): Artifact => ({
  ...row,
  created: formatTime(row.created),
  updated: formatTime(row.updated),
  metadata_: metadataOf(row.metadata_),
});

/** Returns the latest artifact of a key as it stands in lists. */
export const presentArtifactCollection = ({ latest_id, key, ...row }: ArtifactCollectionRow): ArtifactCollection => ({
  ...presentArtifact({ ...row, key }),
  key,
  latest_id,
});

/** Returns the latest artifact of a key in the shape of an artifact, whose id is the collection's. */
export const presentLatestArtifact = ({ latest_id: _, ...row }: ArtifactCollectionRow): Artifact => presentArtifact(row);
