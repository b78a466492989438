// The platform's floor: a bare Worker that sends batches of trivial statements, over connections kept as the app keeps its own, and does
// nothing else.
import { openDatabase, type Sql, wireOf } from "../../src/store/client.ts";
import { embeddedConnections } from "../../src/store/hrana/connections.ts";

interface Env {
  readonly TURSO_DATABASE_URL: string;
  /** The way to the database: requests of the Worker itself reach public addresses only. */
  readonly DATABASE: Pick<Fetcher, "fetch">;
}

const connections = embeddedConnections(24);
const trivial: Sql = { sql: "select 1", args: [] };

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/api/health") return Response.json(true);
    const url = env.TURSO_DATABASE_URL;
    const db = openDatabase({ url, wire: wireOf(url, undefined, env.DATABASE), connections });
    // One entry a round trip: how many statements its batch has.
    for (const statements of (searchParams.get("batches") ?? "").split(",").filter(Boolean).map(Number))
      await db.read(Array.from({ length: statements }, () => trivial));
    return Response.json(null);
  },
  async scheduled(): Promise<void> {},
} satisfies ExportedHandler<Env>;
