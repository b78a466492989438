import { registryCredentials } from "./docker.ts";
import {
  type BaseJobTemplate,
  block,
  common,
  commonNames,
  defined,
  flag,
  integer,
  number,
  object,
  passOn,
  secret,
  text,
  texts,
} from "./variables.ts";

const managedIdentity = object("ACRManagedIdentity", "A registry that is opened by a managed identity.", {
  properties: {
    registry_url: text("Registry URL", "The address of the registry, such as example.azurecr.io."),
    identity: text("Identity", "The user-assigned identity, by its resource id."),
  },
  required: ["registry_url", "identity"],
});

const credentials = block(
  "AzureContainerInstanceCredentials",
  "azure-container-instance-credentials",
  {
    client_id: text("Client ID", "The id of a service principal."),
    tenant_id: text("Tenant ID", "The tenant of the service principal."),
    client_secret: secret("Client Secret", "The secret of the service principal."),
    credential_kwargs: object(
      "Additional Credential Keyword Arguments",
      "Further arguments for the credential, when no service principal is given.",
    ),
  },
  ["client_secret"],
);

const named = (word: string): object => ({
  type: "string",
  defaultValue: "[uniqueString(resourceGroup().id)]",
  metadata: { description: `The name of the ${word} to create.` },
});

const armTemplate = {
  $schema: "https://schema.management.azure.com/schemas/2019-08-01/deploymentTemplate.json#",
  contentVersion: "1.0.0.0",
  parameters: {
    location: {
      type: "string",
      defaultValue: "[resourceGroup().location]",
      metadata: { description: "Location for all resources." },
    },
    container_group_name: named("container group"),
    container_name: named("container"),
  },
  resources: [
    {
      type: "Microsoft.ContainerInstance/containerGroups",
      apiVersion: "2022-09-01",
      name: "[parameters('container_group_name')]",
      location: "[parameters('location')]",
      properties: {
        containers: [
          {
            name: "[parameters('container_name')]",
            properties: {
              image: "{{ image }}",
              command: "{{ command }}",
              resources: { requests: { cpu: "{{ cpu }}", memoryInGB: "{{ memory }}" } },
              environmentVariables: [],
            },
          },
        ],
        osType: "Linux",
        restartPolicy: "Never",
      },
    },
  ],
};

const own = {
  image: text("Image", "The image of the container. Left empty, the Prefect image of the worker's version."),
  resource_group_name: text("Azure Resource Group Name", "The resource group in which containers are made."),
  subscription_id: secret("Azure Subscription ID", "The subscription in which containers are made."),
  identities: texts("Identities", "User-assigned identities of the container group, by their resource ids."),
  entrypoint: text("Entrypoint", "The entrypoint of the container.", { default: "/opt/prefect/entrypoint.sh" }),
  image_registry: {
    title: "Image Registry (Optional)",
    description: "Access to a registry that is not public.",
    anyOf: [{ $ref: "#/definitions/DockerRegistryCredentials" }, { $ref: "#/definitions/ACRManagedIdentity" }],
  },
  cpu: number("CPU", "How many virtual CPUs the container has.", { default: 1.0 }),
  gpu_count: integer("GPU Count", "How many GPUs the container has."),
  gpu_sku: text("GPU SKU", "The type of GPU."),
  memory: number("Memory", "The memory of the container in GB.", { default: 1.0 }),
  subnet_ids: texts("Subnet IDs", "Subnets that the container group joins, by their resource ids."),
  dns_servers: texts("DNS Servers", "Name servers of the container group."),
  stream_output: flag("Stream Output", "Whether the worker shows the output of the container.", { default: false }),
  aci_credentials: defined(
    "Aci Credentials",
    "The account to use. Left empty, the worker's own.",
    "AzureContainerInstanceCredentials",
  ),
  task_start_timeout_seconds: integer("Task Start Timeout Seconds", "Seconds to wait for a container to start.", {
    default: 240,
  }),
  task_watch_poll_interval: number("Task Watch Poll Interval", "Seconds between two looks at the state of a container.", {
    default: 5.0,
  }),
};

/** Runs flow runs in containers of Azure Container Instances. */
export const azureContainerInstanceTemplate: BaseJobTemplate = {
  job_configuration: { ...passOn(...commonNames, ...Object.keys(own)), arm_template: armTemplate },
  variables: {
    type: "object",
    properties: { ...common, ...own },
    required: ["resource_group_name", "subscription_id"],
    definitions: {
      DockerRegistryCredentials: registryCredentials,
      ACRManagedIdentity: managedIdentity,
      AzureContainerInstanceCredentials: credentials,
    },
  },
};
