import { randomUUID } from "node:crypto";
import { createClient } from "@libsql/client/http";
import { inject } from "vitest";
import { completeSchema } from "../../src/local/migrations.ts";

/** Returns the address of a new empty database on the test run's libSQL server. */
export async function emptyDatabase(): Promise<{ url: string }> {
  const { port, adminPort } = inject("libsql");
  const name = `t${randomUUID().replaceAll("-", "")}`;
  const response = await fetch(`http://127.0.0.1:${adminPort}/v1/namespaces/${name}/create`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  if (!response.ok) throw new Error(`creating the database failed: ${response.status} ${await response.text()}`);
  // The server finds the database by the host's name and the path: `localhost`, and the slash at the end, are part of it.
  return { url: `http://localhost:${port}/dev/${name}/` };
}

let schema: ReturnType<typeof completeSchema> | undefined;

/** Returns the address of a new database with all migrations applied. */
export async function freshDatabase(): Promise<{ url: string }> {
  const database = await emptyDatabase();
  schema ??= completeSchema(Date.now() * 1000);
  const client = createClient({ url: database.url });
  await client.batch(schema, "write");
  client.close();
  return database;
}
