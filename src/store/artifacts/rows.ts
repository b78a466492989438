import { rowMapper } from "../sql/rows.ts";
import { artifact, artifactCollection } from "../tables/artifacts.ts";

/** The rows of artifacts. */
export const artifacts = rowMapper(artifact);

/** The rows of collections: the latest artifact of each key. */
export const collections = rowMapper(artifactCollection);
