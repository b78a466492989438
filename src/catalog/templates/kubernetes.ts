import { type BaseJobTemplate, block, common, commonNames, defined, flag, integer, object, passOn, text } from "./variables.ts";

const clusterConfig = block(
  "KubernetesClusterConfig",
  "kubernetes-cluster-config",
  {
    config: object("Config", "The whole of a kubectl configuration file."),
    context_name: text("Context Name", "The context of that file to use."),
  },
  [],
  ["config", "context_name"],
);

const container = {
  name: "prefect-job",
  env: "{{ env }}",
  image: "{{ image }}",
  imagePullPolicy: "{{ image_pull_policy }}",
  args: "{{ command }}",
  resources: {
    limits: { cpu: "{{ cpu_limit }}", memory: "{{ memory_limit }}" },
    requests: { cpu: "{{ cpu_request }}", memory: "{{ memory_request }}" },
  },
};

const manifest = {
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { labels: "{{ labels }}", namespace: "{{ namespace }}", generateName: "{{ name }}-" },
  spec: {
    backoffLimit: 0,
    ttlSecondsAfterFinished: "{{ finished_job_ttl }}",
    template: {
      spec: {
        parallelism: 1,
        completions: 1,
        restartPolicy: "Never",
        serviceAccountName: "{{ service_account_name }}",
        containers: [container],
      },
    },
  },
};

/** Runs flow runs as jobs of a Kubernetes cluster. */
export const kubernetesTemplate: BaseJobTemplate = {
  job_configuration: {
    ...passOn(
      ...commonNames,
      "namespace",
      "cluster_config",
      "job_watch_timeout_seconds",
      "pod_watch_timeout_seconds",
      "stream_output",
    ),
    job_manifest: manifest,
  },
  variables: {
    type: "object",
    properties: {
      ...common,
      namespace: text("Namespace", "The namespace in which jobs are made.", { default: "default" }),
      image: text("Image", "The image of the container. Left empty, the Prefect image of the worker's version.", {
        example: "docker.io/prefecthq/prefect:3-latest",
      }),
      service_account_name: text("Service Account Name", "The service account of the jobs' pods."),
      image_pull_policy: text("Image Pull Policy", "When to pull the image.", {
        default: "IfNotPresent",
        enum: ["IfNotPresent", "Always", "Never"],
      }),
      finished_job_ttl: integer("Finished Job TTL", "Seconds until an ended job is removed. Left empty, jobs stay."),
      job_watch_timeout_seconds: integer(
        "Job Watch Timeout Seconds",
        "Seconds to wait for each event of a job. Left empty, no limit.",
      ),
      pod_watch_timeout_seconds: integer("Pod Watch Timeout Seconds", "Seconds to wait for a pod to start.", { default: 60 }),
      stream_output: flag("Stream Output", "Whether the worker shows the output of the job.", { default: true }),
      cluster_config: defined(
        "Cluster Config",
        "The cluster to use. Left empty, the one in which the worker runs.",
        "KubernetesClusterConfig",
      ),
      cpu_request: text("CPU Request", "The share of CPU that the pod asks for, such as 100m or 2."),
      cpu_limit: text("CPU Limit", "The share of CPU that the pod may use, such as 500m or 4."),
      memory_request: text("Memory Request", "The memory that the pod asks for, such as 512Mi."),
      memory_limit: text("Memory Limit", "The memory that the pod may use, such as 1Gi."),
    },
    definitions: { KubernetesClusterConfig: clusterConfig },
  },
};
