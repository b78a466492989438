import type * as z from "zod";
import { optional } from "../common.ts";
import { flag, joined, like, members, texts, uuids } from "./members.ts";

const shared = (prefix: "ArtifactFilter" | "ArtifactCollectionFilter") => ({
  key: optional(members(`${prefix}Key`, { any_: texts(), like_: like(), exists_: flag() })),
  flow_run_id: optional(members(`${prefix}FlowRunId`, { any_: uuids() })),
  task_run_id: optional(members(`${prefix}TaskRunId`, { any_: uuids() })),
  type: optional(members(`${prefix}Type`, { any_: texts(), not_any_: texts() })),
});

/** What of an artifact can be asked for. */
export const artifactFilter = joined("ArtifactFilter", {
  id: optional(members("ArtifactFilterId", { any_: uuids() })),
  ...shared("ArtifactFilter"),
});

/** What of the latest artifact of a key can be asked for. */
export const artifactCollectionFilter = joined("ArtifactCollectionFilter", {
  latest_id: optional(members("ArtifactCollectionFilterLatestId", { any_: uuids() })),
  ...shared("ArtifactCollectionFilter"),
});

export type ArtifactFilter = z.output<typeof artifactFilter>;
export type ArtifactCollectionFilter = z.output<typeof artifactCollectionFilter>;
