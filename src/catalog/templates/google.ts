import { block, defined, flag, integer, type JsonSchema, object, text } from "./variables.ts";

// Shared by the three workers for Google Cloud.

/** The schema definitions of their templates. */
export const googleDefinitions = {
  GcpCredentials: block(
    "GcpCredentials",
    "gcp-credentials",
    {
      service_account_file: text("Service Account File", "The path of a service account's key file.", { format: "path" }),
      service_account_info: object("Service Account Info", "The contents of a service account's key file."),
      project: text("Project", "The project to use. Left empty, that of the credentials."),
    },
    ["service_account_info.*"],
  ),
};

export const googleVariables = {
  credentials: defined("GCP Credentials", "The account to use. Left empty, the worker's own.", "GcpCredentials"),
  service_account_name: text("Service Account Name", "The service account of the job.", {
    example: "service-account@example.iam.gserviceaccount.com",
  }),
};

export const cloudRunVariables = {
  ...googleVariables,
  region: text("Region", "The region in which jobs run.", { default: "us-central1", example: "us-central1" }),
  vpc_connector_name: text("VPC Connector Name", "The connector through which jobs reach a VPC."),
  keep_job: flag("Keep Job After Completion", "Whether the job stays when it has ended.", { default: false }),
};

export const jobTimeout = (maximum: number): JsonSchema =>
  integer("Job Timeout", "Seconds after which a job is ended.", { default: 600, exclusiveMinimum: 0, maximum });

export const memoryPattern = { pattern: "^\\d+(?:G|Gi|M|Mi)$", example: "512Mi" };
