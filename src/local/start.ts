import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import { databaseClient, withoutCredentials } from "./database-client.ts";
import { describeApi } from "./description/index.ts";
import { keysOfFolder } from "./encryption-key.ts";
import { runCommand } from "./errors.ts";
import { type Found, findInterface } from "./interface/find.ts";
import { prepareSite, type Site } from "./interface/site.ts";
import { newPassword, startLibsqlServer } from "./libsql-server.ts";
import { applyMigrations } from "./migrations.ts";
import { freePorts, requirePort } from "./processes.ts";
import { step } from "./progress.ts";
import { migrateRemote } from "./remote-database.ts";
import { baseUrl, readSettings, type Settings } from "./settings.ts";
import { supervise } from "./supervisor.ts";
import { startTicker } from "./ticker.ts";
import { bundleWorker, prebuilt, readWorkerConfig } from "./worker-bundle.ts";
import { startWorkerHost } from "./worker-host.ts";

/** The shutdown shared by everything that runs here. */
type Run = {
  /** The shutdown functions, in the order of the starts. */
  endings: (() => unknown)[];
  /** Aborted when the shutdown begins. */
  ending: AbortSignal;
};

await runCommand(async () => {
  const endings: Run["endings"] = [];
  const ending = new AbortController();
  let ended: Promise<void> | undefined;
  const finish = () => {
    ending.abort();
    ended ??= (async () => {
      for (const stop of endings.reverse()) await stop();
    })();
    return ended;
  };
  const leave = (why: string) => {
    if (!ending.signal.aborted) console.error(`Ending (${why}).`);
    void finish().then(() => process.exit(0));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => leave(signal));
  // The launcher ended without a signal, after kill -9: nothing else would end these servers.
  process.on("disconnect", () => leave("its launcher is gone"));
  try {
    await start({ endings, ending: ending.signal });
  } catch (error) {
    // During the shutdown a server that was still starting reports that it was ended: not an error.
    if (!ending.signal.aborted) {
      await finish();
      throw error;
    }
  }
});

async function start(run: Run): Promise<void> {
  const settings = readSettings(process.env);
  const databaseOnly = process.argv.includes("--database-only");
  const folder = await openDataFolder(settings.dataDir);
  run.endings.push(folder.release);
  await requirePort(settings.port, databaseOnly ? "127.0.0.1" : settings.host);
  const [free = 0] = await freePorts(1);
  const searched = databaseOnly ? undefined : findSite(settings, folder.path);
  // A failure is reported when it is awaited, and not before.
  searched?.catch(() => undefined);
  const { remote } = settings;
  const url =
    remote === undefined || databaseOnly
      ? await startDatabase(run, { folder, port: databaseOnly ? settings.port : free })
      : await step("Applying migrations", () => migrateRemote(remote));
  if (searched === undefined) {
    sayDatabaseReady(url, folder.path);
    return;
  }
  const { site, found } = await searched;
  await startWorker(run, { settings, folder, databaseUrl: url, site });
  sayReady(settings, folder.path, found);
}

// Port and password stay the same over a restart, because the Worker keeps using them.
async function startDatabase(run: Run, { folder, port }: { folder: DataFolder; port: number }): Promise<string> {
  const password = newPassword();
  const serve = () =>
    startLibsqlServer({
      folder: join(folder.path, "database"),
      port,
      password,
      logFile: join(folder.path, "libsql-server.log"),
      onSpawn: (pid) => folder.note("libsql-server", pid),
    });
  const database = await step("Starting the database", () => supervise({ ...run, name: "The libSQL server", start: serve }));
  run.endings.push(database.stop);
  const { url } = database.current();
  const client = databaseClient(url);
  await step("Applying migrations", () => applyMigrations(client));
  client.close();
  folder.noteDatabase(url);
  return url;
}

async function findSite(settings: Settings, dataDir: string): Promise<{ found: Found | undefined; site: Site }> {
  const downloads = join(dataDir, "interface");
  const found = await findInterface({ named: settings.ui, downloads, path: process.env.PATH ?? "" });
  const description = await describeApi(dataDir);
  return { found, site: prepareSite({ into: join(dataDir, "site"), found, base: settings.uiBase, description }) };
}

type WorkerOptions = { settings: Settings; folder: DataFolder; databaseUrl: string; site: Site };

async function startWorker(run: Run, { settings, folder, databaseUrl, site }: WorkerOptions): Promise<void> {
  const config = readWorkerConfig();
  const workerFolder = join(folder.path, "worker");
  mkdirSync(workerFolder, { recursive: true });
  const made = prebuilt("worker.mjs");
  if (made === undefined) await step("Bundling the Worker", () => bundleWorker(config.main, join(workerFolder, "worker.mjs")));
  else copyFileSync(made, join(workerFolder, "worker.mjs"));
  const [controlPort = 0] = await freePorts(1);
  const serve = () =>
    startWorkerHost({
      folder: workerFolder,
      config,
      host: settings.host,
      port: settings.port,
      controlPort,
      site,
      bindings: {
        ...workerBindings(settings, databaseUrl),
        MILLIWAYS_ENCRYPTION_KEY: settings.encryptionKey ?? keysOfFolder(folder.path),
      },
      onSpawn: (pid) => folder.note("worker", pid),
    });
  const worker = await step("Starting the Worker", () => supervise({ ...run, name: "The Worker", start: serve }));
  run.endings.push(worker.stop);
  const fire = (cron: string, scheduledTime: number) => worker.current().fire(cron, scheduledTime);
  run.endings.push(startTicker({ seconds: settings.tickSeconds, crons: config.crons, fire }).stop);
  // As often as the reference looks at Proactive triggers (PREFECT_EVENTS_PROACTIVE_GRANULARITY); see src/cron/index.ts.
  run.endings.push(startTicker({ seconds: Math.min(settings.tickSeconds, 5), crons: ["frequent"], fire }).stop);
}

// Connections to a database elsewhere are counted there: none is kept open unless a setting says so.
function remoteBindings({ remote, databaseStreams = "0" }: Settings): Record<string, string> {
  if (remote === undefined) return {};
  return {
    MILLIWAYS_DATABASE_STREAMS: databaseStreams,
    ...(remote.token !== undefined && { TURSO_AUTH_TOKEN: remote.token }),
  };
}

function workerBindings(settings: Settings, databaseUrl: string): Record<string, string> {
  return {
    TURSO_DATABASE_URL: databaseUrl,
    MILLIWAYS_LOCAL: "1",
    ...remoteBindings(settings),
    MILLIWAYS_LOG: settings.log,
    MILLIWAYS_TICK_SECONDS: String(settings.tickSeconds),
    ...settings.retention,
    ...(settings.authString !== undefined && { MILLIWAYS_AUTH_STRING: settings.authString }),
    ...(settings.allowedOrigins !== undefined && { MILLIWAYS_ALLOWED_ORIGINS: settings.allowedOrigins }),
    ...(settings.metricsToken !== undefined && { MILLIWAYS_METRICS_TOKEN: settings.metricsToken }),
    ...(settings.apiKey !== undefined && { MILLIWAYS_API_KEY: settings.apiKey }),
    ...(settings.allowPrivateUrls !== undefined && { MILLIWAYS_ALLOW_PRIVATE_URLS: settings.allowPrivateUrls }),
    ...(settings.unresponsiveSeconds !== undefined && { MILLIWAYS_UNRESPONSIVE_SECONDS: settings.unresponsiveSeconds }),
    ...(settings.legacySockets !== undefined && { MILLIWAYS_LEGACY_SOCKETS: settings.legacySockets }),
    ...(settings.uiUrl !== undefined && { MILLIWAYS_UI_URL: settings.uiUrl }),
  };
}

function sayDatabaseReady(url: string, dataDir: string): void {
  console.log(`The database is ready, with a password of its own until it ends:
  TURSO_DATABASE_URL=${url}

Its data is in ${dataDir}. To serve it with wrangler:
  npm run wrangler -- dev --port 4200 --var TURSO_DATABASE_URL:${url} --var MILLIWAYS_LOCAL:1

Ctrl-C ends it.`);
}

function sayReady(settings: Settings, dataDir: string, found: Found | undefined): void {
  const url = `${baseUrl(settings)}/api`;
  const shown =
    found === undefined
      ? `No prefect package with a web interface was found: "npm run ui" downloads it. Until then ${baseUrl(settings)}/ is a plain page.`
      : `The web interface is at ${baseUrl(settings)}${settings.uiBase}/ (of prefect ${found.version} in ${found.folder}).`;
  const { remote } = settings;
  const place = remote === undefined ? `Its data is in ${dataDir}` : `Its database is ${withoutCredentials(remote.url)}`;
  console.log(`Milliways is ready at ${url}
${shown}

In another terminal, point a Prefect client at it and run a flow:
  prefect config set PREFECT_API_URL=${url}
  python -c 'from prefect import flow; flow(lambda: print("Hello from Milliways"), name="hello")()'

${place}. Ctrl-C ends it.`);
}
