// The platform's floor: a bare Worker that sends batches of trivial statements, over connections kept as the app keeps its own, and does
// nothing else.
import { openDatabase, type Sql } from "../../src/store/client.ts";
import { embeddedConnections } from "../../src/store/hrana/connections.ts";

interface Env {
  readonly TURSO_DATABASE_URL: string;
}

const connections = embeddedConnections(24);
const trivial: Sql = { sql: "select 1", args: [] };

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/api/health") return Response.json(true);
    const db = openDatabase({ url: env.TURSO_DATABASE_URL, connections });
    // One entry a round trip: how many statements its batch has.
    for (const statements of (searchParams.get("batches") ?? "").split(",").filter(Boolean).map(Number))
      await db.read(Array.from({ length: statements }, () => trivial));
    return Response.json(null);
  },
  async scheduled(): Promise<void> {},
} satisfies ExportedHandler<Env>;
