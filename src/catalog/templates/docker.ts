import {
  type BaseJobTemplate,
  block,
  common,
  commonNames,
  defined,
  flag,
  integer,
  passOn,
  secret,
  text,
  texts,
} from "./variables.ts";

/** Credentials of a container registry, shared by the templates that pull images. */
export const registryCredentials = block(
  "DockerRegistryCredentials",
  "docker-registry-credentials",
  {
    username: text("Username", "The user at the registry."),
    password: secret("Password", "The user's password."),
    registry_url: text("Registry Url", "The address of the registry, with http:// or https:// for those that need it."),
    reauth: flag("Reauth", "Whether to log in again at each use.", { default: true }),
  },
  ["password"],
  ["username", "password", "registry_url"],
);

const image = "docker.io/prefecthq/prefect:3-latest";

const own = {
  image: text("Image", "The image of the container. Left empty, the Prefect image of the worker's version.", { example: image }),
  registry_credentials: defined(
    "Registry Credentials",
    "Credentials for the registry of the image.",
    "DockerRegistryCredentials",
  ),
  image_pull_policy: text("Image Pull Policy", "When to pull the image.", {
    enum: ["IfNotPresent", "Always", "IfPossible", "Never"],
  }),
  networks: texts("Networks", "Docker networks that the container joins."),
  network_mode: text("Network Mode", "The network mode of the container, such as host or bridge. Not together with networks."),
  auto_remove: flag("Auto Remove", "Whether the container is removed when it has ended.", { default: false }),
  volumes: texts("Volumes", "Volumes to mount, as local path:path in the container.", {
    example: ["/my/local/path:/path/in/container"],
  }),
  stream_output: flag("Stream Output", "Whether the worker shows the output of the container.", { default: true }),
  container_wait_timeout: integer("Container Wait Timeout", "Seconds to wait for the container to start.", {
    exclusiveMinimum: 0,
  }),
  mem_limit: text("Memory Limit", "The memory that the container may use, such as 512m or 4g."),
  memswap_limit: text(
    "Memory Swap Limit",
    "Memory and swap that the container may use together, such as 1g; -1 for no limit on swap.",
  ),
  privileged: flag("Privileged", "Whether the container gets extended privileges.", { default: false }),
};

/** Runs flow runs in containers of a Docker daemon. */
export const dockerTemplate: BaseJobTemplate = {
  job_configuration: passOn(...commonNames, ...Object.keys(own)),
  variables: {
    type: "object",
    properties: { ...common, ...own },
    definitions: { DockerRegistryCredentials: registryCredentials },
  },
};
