import { choice, flag, nullable, object, secret, text } from "./fields.ts";
import type { Entry } from "./index.ts";

const storage = ["get-directory", "put-directory", "read-path", "write-path"];
const resultDocs = "develop/results#specifying-a-default-filesystem";

/** The types of Prefect's own package. */
export const builtIn: readonly Entry[] = [
  {
    name: "Webhook",
    slug: "webhook",
    module: "prefect.blocks.webhook",
    class: "Webhook",
    logo: "webhook",
    docs: "automate/events/webhook-triggers",
    description: "Sends a request to an address that is kept secret.",
    is_protected: true,
    checksum: "58bb03f0d84592252ad568ed9a8c899792ae5d0ad2dd4a2428e99674f9050cf1",
    capabilities: [],
    properties: {
      method: choice("Method", ["GET", "POST", "PUT", "PATCH", "DELETE"], "POST"),
      url: secret("Webhook URL", { examples: ["https://hooks.slack.com/XXX"] }),
      headers: object("Webhook Headers"),
      allow_private_urls: flag("Allow Private Urls", true),
      verify: flag("Verify", true),
    },
    required: ["url"],
    secrets: ["url", "headers.*"],
  },
  {
    name: "Secret",
    slug: "secret",
    module: "prefect.blocks.system",
    class: "Secret",
    logo: "secret",
    docs: "develop/blocks",
    description: "Keeps one secret value, shown to nobody unless it is asked for.",
    is_protected: true,
    checksum: "c078ed9c1e813e224c0b353d7ad4564a11d51d3198d9ac0686478165a1911c78",
    capabilities: [],
    properties: {
      value: {
        title: "Value",
        anyOf: [
          { format: "password", type: "string", writeOnly: true },
          { title: "string", type: "string" },
          { $ref: "#/definitions/JsonValue", title: "JSON" },
        ],
        format: "password",
        writeOnly: true,
        examples: ["sk-1234567890", { username: "johndoe", password: "s3cr3t" }],
      },
    },
    required: ["value"],
    secrets: ["value", "value"],
  },
  {
    name: "Local File System",
    slug: "local-file-system",
    module: "prefect.filesystems",
    class: "LocalFileSystem",
    logo: "filesystem",
    docs: resultDocs,
    description: "Keeps files in a folder of the machine that runs the flow.",
    is_protected: true,
    checksum: "0fc8b7f936f38f465715ef2df4a817ac9fe38b80bb01d5c6c9649a6da6ae6971",
    capabilities: storage,
    properties: { basepath: nullable(text("Basepath")) },
  },
];
