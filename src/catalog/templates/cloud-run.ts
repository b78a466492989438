import { cloudRunVariables, googleDefinitions, jobTimeout, memoryPattern } from "./google.ts";
import { type BaseJobTemplate, common, commonNames, passOn, text } from "./variables.ts";

const sizes = { cpu: "{{ cpu }}", memory: "{{ memory }}" };

const jobBody = {
  apiVersion: "run.googleapis.com/v1",
  kind: "Job",
  metadata: { name: "{{ name }}", annotations: { "run.googleapis.com/launch-stage": "BETA" } },
  spec: {
    template: {
      spec: {
        template: {
          spec: {
            containers: [{ image: "{{ image }}", command: "{{ command }}", resources: { limits: sizes, requests: sizes } }],
            timeoutSeconds: "{{ timeout }}",
            serviceAccountName: "{{ service_account_name }}",
          },
        },
      },
      metadata: { annotations: { "run.googleapis.com/vpc-access-connector": "{{ vpc_connector_name }}" } },
    },
  },
};

/** Runs flow runs as jobs of Google Cloud Run, API version 1. */
export const cloudRunTemplate: BaseJobTemplate = {
  job_configuration: { ...passOn(...commonNames, "region", "credentials", "timeout", "keep_job"), job_body: jobBody },
  variables: {
    type: "object",
    properties: {
      ...common,
      ...cloudRunVariables,
      image: text("Image Name", "The image of the container. Left empty, the Prefect image of the worker's version.", {
        example: "docker.io/prefecthq/prefect:3-latest",
      }),
      cpu: text("CPU", "The CPU of the container in thousandths.", { pattern: "^(\\d*000)m$", example: "1000m" }),
      memory: text("Memory", "The memory of the container.", memoryPattern),
      timeout: jobTimeout(3600),
    },
    definitions: googleDefinitions,
  },
};
