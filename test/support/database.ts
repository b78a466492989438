import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import { askForDatabase, databaseUrl } from "./database-server.ts";

/** Returns the address of a new empty database on the test run's libSQL server. */
export const emptyDatabase = (): Promise<{ url: string }> => makeDatabase((name) => `${name}/create`);

/** Returns the address of a new database with all migrations applied: a copy of the one that the test run began with. */
export const freshDatabase = (): Promise<{ url: string }> => makeDatabase((name) => `${inject("libsql").template}/fork/${name}`);

async function makeDatabase(request: (name: string) => string): Promise<{ url: string }> {
  const { port, adminPort } = inject("libsql");
  const name = `t${randomUUID().replaceAll("-", "")}`;
  await askForDatabase(adminPort, request(name));
  return { url: databaseUrl(port, name) };
}
