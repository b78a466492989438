import * as z from "zod";
import { dashedName, json, optional, uuid, wireTime } from "./common.ts";
import { artifactCollectionFilter, artifactFilter } from "./filters/artifacts.ts";
import { countBody, listBody, withDefault } from "./filters/bodies.ts";
import { deploymentFilter } from "./filters/deployments.ts";
import { flowRunFilter } from "./filters/flow-runs.ts";
import { flowFilter } from "./filters/flows.ts";
import { taskRunFilter } from "./filters/task-runs.ts";
import { dictionary } from "./lists.ts";

/** Characters (code points) that a value of the metadata keeps (`prefect/server/schemas/core.py Artifact.validate_metadata_length`). */
const longestMetadata = 500;

// A character has one or two code units, so the shorter ones need no count.
function shortened(value: string): string {
  if (value.length <= longestMetadata) return value;
  const characters = [...value.slice(0, 2 * longestMetadata + 2)];
  return characters.length <= longestMetadata ? value : `${characters.slice(0, longestMetadata).join("")}...`;
}

const metadata = () => dictionary(z.string().overwrite(shortened)).nullable();

const artifactKey = () => dashedName("Artifact key");

const members = {
  type: z.string().nullable(),
  description: z.string().nullable(),
  data: json(),
  metadata_: z.record(z.string(), z.string()).nullable(),
  flow_run_id: uuid().nullable(),
  task_run_id: uuid().nullable(),
};

export const artifact = z
  .object({ id: uuid(), created: wireTime().nullable(), updated: wireTime().nullable(), key: z.string().nullable(), ...members })
  .register(z.globalRegistry, { id: "Artifact" });
export type Artifact = z.input<typeof artifact>;

export const artifactCollection = z
  .object({
    id: uuid(),
    created: wireTime().nullable(),
    updated: wireTime().nullable(),
    key: z.string(),
    latest_id: uuid(),
    ...members,
  })
  .register(z.globalRegistry, { id: "ArtifactCollection" });
export type ArtifactCollection = z.input<typeof artifactCollection>;

export const artifactCreate = z
  .strictObject({
    key: artifactKey().nullable().default(null),
    type: z.string().nullable().default(null),
    description: z.string().nullable().default(null),
    data: json().default(null),
    metadata_: metadata().default(null),
    flow_run_id: uuid().nullable().default(null),
    task_run_id: uuid().nullable().default(null),
  })
  .register(z.globalRegistry, { id: "ArtifactCreate" });
export type ArtifactCreate = z.output<typeof artifactCreate>;

export const artifactUpdate = z
  .strictObject({ data: json().optional(), description: z.string().nullable().optional(), metadata_: metadata().optional() })
  .register(z.globalRegistry, { id: "ArtifactUpdate" });
export type ArtifactUpdate = z.output<typeof artifactUpdate>;

const sorts = ["CREATED_DESC", "UPDATED_DESC", "ID_DESC", "KEY_DESC", "KEY_ASC"] as const;
const artifactSort = z.enum(sorts).register(z.globalRegistry, { id: "ArtifactSort" });
const artifactCollectionSort = z.enum(sorts).register(z.globalRegistry, { id: "ArtifactCollectionSort" });
export type ArtifactSort = (typeof sorts)[number];

const related = {
  flow_runs: optional(flowRunFilter),
  task_runs: optional(taskRunFilter),
  flows: optional(flowFilter),
  deployments: optional(deploymentFilter),
};
const filters = { artifacts: optional(artifactFilter), ...related };
const collectionFilters = { artifacts: optional(artifactCollectionFilter), ...related };

export const artifactList = listBody({ ...filters, sort: withDefault(artifactSort, "ID_DESC") });
export const artifactCount = countBody(filters);
export const artifactCollectionList = listBody({ ...collectionFilters, sort: withDefault(artifactCollectionSort, "ID_DESC") });
export const artifactCollectionCount = countBody(collectionFilters);
