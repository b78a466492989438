/** Asks the administration port of a test run's libSQL server for a database; throws when it refuses. */
export async function askForDatabase(adminPort: number, request: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/v1/namespaces/${request}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  if (!response.ok) throw new Error(`making the database failed: ${response.status} ${await response.text()}`);
}

/** Returns a database's address. The server finds it by the host's name and the path: `localhost`, and the slash at the end, are part of it. */
export const databaseUrl = (port: number, name: string): string => `http://localhost:${port}/dev/${name}/`;
