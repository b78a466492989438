// The platform's floor: a bare Worker that sends batches of trivial statements and does nothing else.
import { createClient } from "@libsql/client/web";

interface Env {
  readonly TURSO_DATABASE_URL: string;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/api/health") return Response.json(true);
    const client = createClient({ url: env.TURSO_DATABASE_URL });
    // One entry a round trip: how many statements its batch has.
    for (const statements of (searchParams.get("batches") ?? "").split(",").filter(Boolean).map(Number)) {
      if (statements === 1) await client.execute("select 1");
      else
        await client.batch(
          Array.from({ length: statements }, () => "select 1"),
          "read",
        );
    }
    return Response.json(null);
  },
  async scheduled(): Promise<void> {},
} satisfies ExportedHandler<Env>;
