import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { DatabaseUnavailable, openDatabase } from "../../src/store/client.ts";
import { sql } from "../../src/store/sql/tag.ts";
import { freshDatabase } from "../support/database.ts";

/** A server before a database that refuses the first requests as the libSQL server does when it has too many at a time. */
async function refusingServer(database: string, refusals: number) {
  let asked = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", async () => {
      asked++;
      if (asked <= refusals) return response.writeHead(429).end('{"error":"Too many concurrent requests"}');
      const url = new URL(`.${request.url ?? "/"}`, database);
      const answer = await fetch(url, { method: "POST", body: Buffer.concat(chunks) });
      response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, asked: () => asked, close: () => server.close() };
}

const insert = sql`insert into flow (id, created, updated, name) values ('a', 1, 1, 'a')`;
const count = sql`select count(*) from flow`;

it("what the server refused for too many requests at a time is asked again, and written once", async () => {
  const { url } = await freshDatabase();
  const server = await refusingServer(url, 3);
  try {
    const db = openDatabase({ url: server.url });
    await db.write([insert]);
    expect(server.asked()).toBe(4);
    expect((await db.execute(count)).rows[0]?.[0]).toBe(1);
  } finally {
    server.close();
  }
});

it("a server that refuses without end is unavailable", { timeout: 60_000 }, async () => {
  const { url } = await freshDatabase();
  const server = await refusingServer(url, Number.POSITIVE_INFINITY);
  try {
    await expect(openDatabase({ url: server.url }).execute(count)).rejects.toBeInstanceOf(DatabaseUnavailable);
  } finally {
    server.close();
  }
});
