import type { Json } from "../../lib/json.ts";
import { type Difference, differenceOf } from "../work-pools/updates.ts";
import type { DeploymentColumns } from "./columns.ts";

/** The columns that an `updated` event reports, by the reference's names (`infra_overrides` are the job variables). */
const reportedColumns = [
  "description",
  "tags",
  "parameters",
  "parameter_openapi_schema",
  "enforce_parameter_schema",
  "entrypoint",
  "path",
  "pull_steps",
  "work_queue_id",
  "infra_overrides",
  "paused",
  "labels",
  "version",
  "concurrency_limit_id",
  "concurrency_options",
];

type Columns = Partial<DeploymentColumns> & { readonly work_queue_id?: string | null };

const withReferenceNames = ({ job_variables, ...rest }: Columns): Record<string, Json> => ({
  ...rest,
  infra_overrides: job_variables,
});

/** Returns the payload of a deployment's `updated` event; null where none of the reported columns changes. */
export const deploymentDifference = (before: Columns, after: Columns): Difference | null =>
  differenceOf(withReferenceNames(before), withReferenceNames(after), reportedColumns);
