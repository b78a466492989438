import { azureContainerInstanceTemplate } from "./templates/azure-container-instance.ts";
import { cloudRunTemplate } from "./templates/cloud-run.ts";
import { cloudRunV2Template } from "./templates/cloud-run-v2.ts";
import { dockerTemplate } from "./templates/docker.ts";
import { ecsTemplate } from "./templates/ecs.ts";
import { kubernetesTemplate } from "./templates/kubernetes.ts";
import { processTemplate } from "./templates/process.ts";
import type { BaseJobTemplate } from "./templates/variables.ts";
import { vertexAiTemplate } from "./templates/vertex-ai.ts";

/** The description of a worker type, which clients need before they install it. */
export type WorkerMetadata = {
  type: string;
  display_name: string;
  description: string;
  documentation_url: string;
  install_command: string;
  logo_url: string;
  is_beta: boolean;
  default_base_job_configuration: BaseJobTemplate;
};

const images = "https://cdn.sanity.io/images/3ugk85nk/production";
const googleLogo = `${images}/10424e311932e31c477ac2b9ef3d53cefbaad708-250x250.png`;

type Entry = {
  type: string;
  package: string;
  display_name: string;
  description: string;
  docs: string;
  logo_url: string;
  template: BaseJobTemplate;
};

const entries: readonly Entry[] = [
  {
    type: "process",
    package: "prefect",
    display_name: "Process",
    description: "Runs each flow run as a process on the worker's own machine. The simplest way to begin.",
    docs: "https://docs.prefect.io/latest/api-ref/prefect/workers/process/",
    logo_url: `${images}/356e6766a91baf20e1d08bbe16e8b5aaef4d8643-48x48.png`,
    template: processTemplate,
  },
  {
    type: "ecs",
    package: "prefect-aws",
    display_name: "AWS Elastic Container Service",
    description: "Runs each flow run as a task of AWS ECS, on Fargate or EC2. Needs an AWS account.",
    docs: "https://docs.prefect.io/integrations/prefect-aws",
    logo_url: `${images}/d74b16fe84ce626345adf235a47008fea2869a60-225x225.png`,
    template: ecsTemplate,
  },
  {
    type: "azure-container-instance",
    package: "prefect-azure",
    display_name: "Azure Container Instances",
    description: "Runs each flow run in a container of Azure Container Instances. Needs an Azure account.",
    docs: "https://docs.prefect.io/integrations/prefect-azure",
    logo_url: `${images}/54e3fa7e00197a4fbd1d82ed62494cb58d08c96a-250x250.png`,
    template: azureContainerInstanceTemplate,
  },
  {
    type: "docker",
    package: "prefect-docker",
    display_name: "Docker",
    description: "Runs each flow run in a Docker container, so that an image holds all it needs. Needs a Docker daemon.",
    docs: "https://docs.prefect.io/integrations/prefect-docker",
    logo_url: `${images}/14a315b79990200db7341e42553e23650b34bb96-250x250.png`,
    template: dockerTemplate,
  },
  {
    type: "cloud-run",
    package: "prefect-gcp",
    display_name: "Google Cloud Run",
    description: "Runs each flow run as a job of Google Cloud Run. Needs a Google Cloud account.",
    docs: "https://docs.prefect.io/integrations/prefect-gcp",
    logo_url: googleLogo,
    template: cloudRunTemplate,
  },
  {
    type: "cloud-run-v2",
    package: "prefect-gcp",
    display_name: "Google Cloud Run V2",
    description:
      "Runs each flow run as a job of Google Cloud Run, by the second version of its API. Needs a Google Cloud account.",
    docs: "https://docs.prefect.io/integrations/prefect-gcp",
    logo_url: googleLogo,
    template: cloudRunV2Template,
  },
  {
    type: "vertex-ai",
    package: "prefect-gcp",
    display_name: "Google Vertex AI",
    description: "Runs each flow run as a custom job of Google Vertex AI. Needs a Google Cloud account.",
    docs: "https://docs.prefect.io/integrations/prefect-gcp",
    logo_url: googleLogo,
    template: vertexAiTemplate,
  },
  {
    type: "kubernetes",
    package: "prefect-kubernetes",
    display_name: "Kubernetes",
    description: "Runs each flow run as a job of a Kubernetes cluster. Needs a cluster.",
    docs: "https://docs.prefect.io/integrations/prefect-kubernetes",
    logo_url: `${images}/2d0b896006ad463b49c28aaac14f31e00e32cfab-250x250.png`,
    template: kubernetesTemplate,
  },
];

/** The worker types by package: the collections' view `aggregate-worker-metadata`. */
export const aggregateWorkerMetadata: Readonly<Record<string, Readonly<Record<string, WorkerMetadata>>>> = Object.fromEntries(
  [...Map.groupBy(entries, (entry) => entry.package)].map(([name, members]) => [
    name,
    Object.fromEntries(
      members.map(({ type, display_name, description, docs, logo_url, template }) => [
        type,
        {
          type,
          display_name,
          description,
          documentation_url: docs,
          install_command: `pip install ${name}`,
          logo_url,
          is_beta: false,
          default_base_job_configuration: template,
        },
      ]),
    ),
  ]),
);
