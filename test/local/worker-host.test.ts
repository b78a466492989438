import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { freePorts } from "../../src/local/processes.ts";
import { startWorkerHost } from "../../src/local/worker-host.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";

// Fetches what the query names, by `fetch` or by the database's binding.
const worker = `export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/api/health") return new Response("ok");
    const via = pathname === "/database" ? env.DATABASE : { fetch: (url, options) => fetch(url, options) };
    return via.fetch(searchParams.get("url"), { redirect: "manual" }).catch((error) => new Response(String(error), { status: 502 }));
  },
};`;

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function startHost(receiver: Receiver, bindings: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), "milliways-host-"));
  endings.push(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "worker.mjs"), worker);
  const [port = 0, controlPort = 0] = await freePorts(2);
  const config = { main: "", compatibilityDate: "2026-11-01", compatibilityFlags: [], crons: [] };
  const host = await startWorkerHost({
    folder,
    config,
    host: "127.0.0.1",
    port,
    controlPort,
    bindings: { TURSO_DATABASE_URL: receiver.url, ...bindings },
  });
  endings.push(host.stop);
  return async (path: string, url: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}?url=${encodeURIComponent(url)}`);
    await response.text();
    return response.status;
  };
}

describe("the Worker's network on a developer's machine", () => {
  it("connects to no private address, by whatever name it resolves from, but the database's", async () => {
    await using receiver = await startReceiver();
    const ask = await startHost(receiver, {});
    const named = receiver.url.replace("127.0.0.1", "localhost");
    expect(await ask("/fetch", receiver.url)).toBe(502);
    expect(await ask("/fetch", named)).toBe(502);
    expect(receiver.received.length).toBe(0);
    expect(await ask("/database", receiver.url)).toBe(200);
    expect(receiver.received.length).toBe(1);
  });

  it("connects to private addresses where the operator allows them", async () => {
    await using receiver = await startReceiver();
    const ask = await startHost(receiver, { MILLIWAYS_ALLOW_PRIVATE_URLS: "1" });
    expect(await ask("/fetch", receiver.url)).toBe(200);
    expect(receiver.received.length).toBe(1);
  });

  it("speaks TLS to a database of https or libsql, and asks for the certificate of its host", async () => {
    const names: string[] = [];
    const database = createServer({
      SNICallback: (name, refuse) => {
        names.push(name);
        refuse(new Error("no certificate"));
      },
    });
    await new Promise<void>((resolve) => database.listen(0, "127.0.0.1", resolve));
    endings.push(() => database.close());
    const address = database.address();
    const host = `localhost:${typeof address === "object" ? address?.port : ""}`;
    await using receiver = await startReceiver();
    for (const protocol of ["https", "libsql"]) {
      const ask = await startHost(receiver, { TURSO_DATABASE_URL: `${protocol}://${host}` });
      expect(await ask("/database", `https://${host}/`)).toBe(502);
    }
    expect(names).toEqual(["localhost", "localhost"]);
    expect(receiver.received.length).toBe(0);
  });
});
