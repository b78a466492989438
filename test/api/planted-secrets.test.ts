import { createClient } from "@libsql/client/http";
import { afterEach, describe, expect, it, vi } from "vitest";
import { testApp } from "../support/app.ts";

const planted = (what: string) => `planted-${what}-7f3a`;
const isPlanted = /planted-/;

/** Returns all that a database holds, as one text. */
async function dump(url: string): Promise<string> {
  const client = createClient({ url });
  const { rows: tables } = await client.execute("select name from sqlite_schema where type = 'table'");
  const results = await client.batch(tables.map(({ name }) => `select * from "${String(name)}"`));
  client.close();
  return JSON.stringify(results.map(({ rows }) => rows));
}

afterEach(() => vi.restoreAllMocks());

describe("a secret of a block document", () => {
  it("is in no row, no event, no log and no error", async () => {
    const lines: string[] = [];
    vi.spyOn(console, "log").mockImplementation((line) => void lines.push(String(line)));
    const app = await testApp({ MILLIWAYS_LOG: "info" });
    const block_type_id = (await app.post("/block_types/", { name: "vault", slug: "vault" })).body.id;
    const fields = { title: "Vault", secret_fields: ["pw", "headers.*", "deep.key"] };
    const block_schema_id = (await app.post("/block_schemas/", { block_type_id, fields })).body.id;
    const kind = { block_type_id, block_schema_id };
    const data = {
      pw: planted("text"),
      headers: { a: planted("header"), b: { c: planted("deep header") } },
      deep: { key: { x: planted("object") } },
    };
    const made = await app.post("/block_documents/", { ...kind, name: "one", data });
    expect(made.status).toBe(201);
    const path = `/block_documents/${made.body.id}`;
    const answers = [
      made,
      await app.post("/block_documents/", { ...kind, name: "one", data }),
      await app.post("/block_documents/", { ...kind, name: "No Name!", data }),
      await app.post("/block_documents/", { ...kind, name: "two", data, surprise: planted("member") }),
      await app.post("/block_documents/", { ...kind, name: "two", data: planted("no object") }),
      await app.post("/block_documents/", `{"data": {"pw": "${planted("no json")}"`),
      await app.post("/block_documents/", { ...kind, name: "two", data: { ...data, r: { $ref: {} } } }),
      await app.patch(path, { data: { pw: planted("changed") } }),
      await app.patch(path, { data: planted("no object") }),
      await app.patch(path, { data: null, block_schema_id: planted("id") }),
      await app.get(path),
      await app.post("/block_documents/filter", {}),
      await app.get("/block_types/slug/vault/block_documents"),
      await app.post("/events/filter", { filter: { event: { prefix: ["prefect.block-document"] } } }),
    ];
    expect(answers.filter(({ text }) => isPlanted.test(text))).toEqual([]);
    expect((await app.get(`${path}?include_secrets=true`)).body.data.pw).toBe(planted("changed"));
    await app.delete(path);
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => isPlanted.test(line))).toEqual([]);
    const events = await app.post("/events/filter", { filter: { event: { prefix: ["prefect.block-document"] } } });
    expect([events.body.total, isPlanted.test(events.text)]).toEqual([3, false]);
    await app.post("/block_documents/", { ...kind, name: "one", data });
    const all = await dump(app.deps().config.databaseUrl);
    expect([all.includes("headers"), isPlanted.test(all)]).toEqual([true, false]);
  });
});
