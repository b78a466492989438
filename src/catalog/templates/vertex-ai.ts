import { googleDefinitions, googleVariables } from "./google.ts";
import { type BaseJobTemplate, common, commonNames, integer, number, passOn, text, texts } from "./variables.ts";

const workerPool = {
  replica_count: 1,
  container_spec: { image_uri: "{{ image }}", command: "{{ command }}", args: [] },
  machine_spec: passOn("machine_type", "accelerator_type", "accelerator_count"),
  disk_spec: passOn("boot_disk_type", "boot_disk_size_gb"),
};

/** Runs flow runs as custom jobs of Google Vertex AI. */
export const vertexAiTemplate: BaseJobTemplate = {
  job_configuration: {
    ...passOn(...commonNames, "region", "credentials", "job_watch_poll_interval"),
    job_spec: {
      ...passOn("service_account_name", "network", "reserved_ip_ranges", "maximum_run_time_hours"),
      worker_pool_specs: [workerPool],
    },
  },
  variables: {
    type: "object",
    properties: {
      ...common,
      ...googleVariables,
      region: text("Region", "The region in which jobs run.", { example: "us-central1" }),
      image: text("Image Name", "The image of the container.", { example: "gcr.io/your-project/your-repo:latest" }),
      machine_type: text("Machine Type", "The type of machine of the job.", { default: "n1-standard-4" }),
      accelerator_type: text("Accelerator Type", "The type of accelerator to attach.", { example: "NVIDIA_TESLA_K80" }),
      accelerator_count: integer("Accelerator Count", "How many accelerators to attach.", { example: 1 }),
      boot_disk_type: text("Boot Disk Type", "The type of the boot disk.", { default: "pd-ssd" }),
      boot_disk_size_gb: integer("Boot Disk Size (GB)", "The size of the boot disk.", { default: 100 }),
      maximum_run_time_hours: integer("Maximum Run Time (Hours)", "Hours after which a job is ended.", { default: 1 }),
      network: text("Network", "The full name of the VPC network to which the job is peered."),
      reserved_ip_ranges: texts("Reserved IP Ranges", "Reserved address ranges of that network that the job may use."),
      job_watch_poll_interval: number("Poll Interval (Seconds)", "Seconds between two looks at the state of a job.", {
        default: 5.0,
      }),
    },
    required: ["region", "image"],
    definitions: googleDefinitions,
  },
};
