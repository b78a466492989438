import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import { assetsModule, type Site } from "./interface/site.ts";
import { type Child, startChild } from "./processes.ts";
import { baseUrl } from "./settings.ts";
import { type WorkerConfig, workerdPath } from "./worker-bundle.ts";

export type WorkerHostOptions = {
  /** The folder of the bundle `worker.mjs` and of generated files. */
  folder: string;
  config: WorkerConfig;
  host: string;
  port: number;
  /** The loopback port for firing cron. */
  controlPort: number;
  /** `TURSO_DATABASE_URL` among them, and `MILLIWAYS_ALLOW_PRIVATE_URLS`. */
  bindings: Record<string, string>;
  /** The static files of the binding ASSETS; undefined: the Worker has no such binding. */
  site?: Site | undefined;
  onSpawn?: (pid: number) => void;
};

export type WorkerHost = Child & {
  /** Fires the Worker's `scheduled` handler for one cron expression; throws when it fails. */
  fire: (cron: string, scheduledTime: number) => Promise<void>;
};

// workerd has no scheduler for crons: a second Worker on loopback forwards the call. The token excludes web pages and other
// users.
const CONTROL = `export default {
  async fetch(request, env) {
    if (request.headers.get("authorization") !== env.TOKEN) return new Response(null, { status: 403 });
    const { cron, scheduledTime } = await request.json();
    return Response.json(await env.MAIN.scheduled({ cron, scheduledTime: new Date(scheduledTime) }));
  },
};
`;

// The platform's 128 MB. V8's default young generation of 1 MB would promote most objects of a request to the old one while it is
// processed.
const heapFlags = ["--max-heap-size=128", "--max-semi-space-size=8", "--min-semi-space-size=4"];

/** Serves the bundled Worker with workerd and resolves when it responds. */
export async function startWorkerHost(options: WorkerHostOptions): Promise<WorkerHost> {
  const token = randomUUID();
  const configFile = join(options.folder, "config.capnp");
  writeFileSync(join(options.folder, "control.mjs"), CONTROL);
  if (options.site !== undefined) writeFileSync(join(options.folder, "assets.mjs"), assetsModule(options.site));
  writeFileSync(configFile, workerdConfig(options));
  const health = `${baseUrl(options)}/api/health`;
  const child = await startChild({
    name: "The Worker",
    command: workerdPath(),
    args: ["serve", "--experimental", configFile],
    // Bindings are passed by the environment, so that no secret is written to a file.
    env: { ...options.bindings, TOKEN: token },
    ready: async () => (await fetch(health, { signal: AbortSignal.timeout(2_000) })).ok,
    graceMs: 1_000,
    ...(options.onSpawn && { onSpawn: options.onSpawn }),
  });
  const fire = async (cron: string, scheduledTime: number) => {
    const response = await fetch(`http://127.0.0.1:${options.controlPort}/`, {
      method: "POST",
      headers: { authorization: token },
      body: JSON.stringify({ cron, scheduledTime }),
      signal: AbortSignal.timeout(60_000),
    });
    const answer: unknown = await response.json();
    const outcome = typeof answer === "object" && answer !== null && "outcome" in answer ? answer.outcome : response.status;
    if (outcome !== "ok") throw new Error(`the scheduled handler ended with ${outcome}`);
  };
  return { ...child, fire };
}

// An address of `libsql:` is one of `https:`; its certificate has to be of its host.
function databaseService(url: string): string {
  const { protocol, hostname, port } = new URL(url.replace(/^libsql:/, "https:"));
  const text = (value: string) => JSON.stringify(value);
  if (protocol === "http:") return `(address = ${text(`${hostname}:${port || 80}`)}, http = ())`;
  const tls = `tlsOptions = (trustBrowserCas = true), certificateHost = ${text(hostname)}`;
  return `(address = ${text(`${hostname}:${port || 443}`)}, https = (options = (), ${tls}))`;
}

function workerdConfig({ config, host, port, controlPort, bindings, site }: WorkerHostOptions): string {
  const text = (value: string) => JSON.stringify(value);
  const list = (values: string[]) => `[${values.join(", ")}]`;
  const fromEnvironment = (name: string) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`;
  const address = isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
  // `fetch` connects to public addresses alone, whatever a name resolves to: only users' webhooks need it. The database has a way of its own.
  const networks = bindings.MILLIWAYS_ALLOW_PRIVATE_URLS === "1" ? ["public", "private"] : ["public"];
  const database = databaseService(bindings.TURSO_DATABASE_URL ?? "http://127.0.0.1:8080");
  const assets = site === undefined ? [] : [`(name = "ASSETS", service = "assets")`];
  const bound = [...Object.keys(bindings).map(fromEnvironment), `(name = "DATABASE", service = "database")`, ...assets];
  const siteServices =
    site === undefined
      ? ""
      : `
    (name = "assets", worker = .assets),
    (name = "files", disk = (path = ${text(site.folder)})),`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = ${list(heapFlags.map(text))},
  services = [
    (name = "main", worker = .main),
    (name = "control", worker = .control),${siteServices}
    (name = "database", external = ${database}),
    (name = "internet", network = (allow = ${list(networks.map(text))}, tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [
    (name = "http", address = ${text(address)}, http = (), service = "main"),
    (name = "control", address = ${text(`127.0.0.1:${controlPort}`)}, http = (), service = "control"),
  ],
);
const main :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.mjs")],
  compatibilityDate = ${text(config.compatibilityDate)},
  compatibilityFlags = ${list(config.compatibilityFlags.map(text))},
  bindings = ${list(bound)},
);
const control :Workerd.Worker = (
  modules = [(name = "control", esModule = embed "control.mjs")],
  compatibilityDate = ${text(config.compatibilityDate)},
  compatibilityFlags = ["service_binding_extra_handlers"],
  bindings = [(name = "MAIN", service = "main"), ${fromEnvironment("TOKEN")}],
);
${site === undefined ? "" : assetsWorker(config.compatibilityDate)}`;
}

const assetsWorker = (compatibilityDate: string): string => `const assets :Workerd.Worker = (
  modules = [(name = "assets", esModule = embed "assets.mjs")],
  compatibilityDate = ${JSON.stringify(compatibilityDate)},
  bindings = [(name = "FILES", service = "files")],
);
`;
