import { cloudRunVariables, googleDefinitions, jobTimeout, memoryPattern } from "./google.ts";
import { type BaseJobTemplate, common, commonNames, integer, passOn, text, texts } from "./variables.ts";

const stages = ["ALPHA", "BETA", "GA", "DEPRECATED", "EARLY_ACCESS", "PRELAUNCH", "UNIMPLEMENTED", "LAUNCH_TAG_UNSPECIFIED"];

const container = {
  env: [],
  image: "{{ image }}",
  command: "{{ command }}",
  args: "{{ args }}",
  resources: { limits: { cpu: "{{ cpu }}", memory: "{{ memory }}" } },
};

const jobBody = {
  client: "prefect",
  launchStage: "{{ launch_stage }}",
  template: {
    template: {
      serviceAccount: "{{ service_account_name }}",
      maxRetries: "{{ max_retries }}",
      timeout: "{{ timeout }}",
      vpcAccess: { connector: "{{ vpc_connector_name }}" },
      containers: [container],
    },
  },
};

/** Runs flow runs as jobs of Google Cloud Run, API version 2. */
export const cloudRunV2Template: BaseJobTemplate = {
  job_configuration: { ...passOn(...commonNames, "region", "credentials", "timeout", "keep_job"), job_body: jobBody },
  variables: {
    type: "object",
    properties: {
      ...common,
      ...cloudRunVariables,
      image: text("Image Name", "The image of the container.", { default: "prefecthq/prefect:3-latest" }),
      args: texts("Args", "Arguments for the command of the container."),
      launch_stage: text("Launch Stage", "The stage of Cloud Run's features that jobs may use.", {
        default: "BETA",
        enum: stages,
      }),
      max_retries: integer("Max Retries", "How often Cloud Run starts a failed job again.", { default: 0 }),
      cpu: text("CPU", "The CPU of the container in thousandths.", { default: "1000m" }),
      memory: text("Memory", "The memory of the container.", { ...memoryPattern, default: "512Mi" }),
      timeout: jobTimeout(604800),
    },
    definitions: googleDefinitions,
  },
};
