import { beforeAll, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";

const nobody = "00000000-0000-4000-8000-00000000dead";

async function kindOf(app: TestApp, slug: string, fields: object = {}, more: object = {}) {
  const block_type_id: string = (await app.post("/block_types/", { name: slug, slug })).body.id;
  const schema = { block_type_id, fields: { title: slug, ...fields }, ...more };
  const block_schema_id: string = (await app.post("/block_schemas/", schema)).body.id;
  return { block_type_id, block_schema_id };
}

const referenceTo = (id: string) => ({ $ref: { block_document_id: id } });

describe("block documents", () => {
  let app: TestApp;
  let kind: Awaited<ReturnType<typeof kindOf>>;
  beforeAll(async () => {
    app = await testApp();
    kind = await kindOf(app, "vault", { secret_fields: ["pw"] }, { capabilities: ["write-path"] });
  });

  const make = async (name: string, data: object) => (await app.post("/block_documents/", { ...kind, name, data })).body;

  it("cost one round trip to read and two to write", async () => {
    const made = await app.post("/block_documents/", { ...kind, name: "trips", data: { pw: "x" } });
    expect([made.status, made.roundTrips]).toEqual([201, 2]);
    const { id } = made.body;
    expect((await app.get(`/block_documents/${id}?include_secrets=true`)).roundTrips).toBe(1);
    expect((await app.get("/block_types/slug/vault/block_documents")).roundTrips).toBe(1);
    expect((await app.get("/block_types/slug/vault/block_documents/name/trips")).roundTrips).toBe(1);
    expect((await app.post("/block_documents/filter", {})).roundTrips).toBe(1);
    expect((await app.patch(`/block_documents/${id}`, { data: { pw: "y" } })).roundTrips).toBe(2);
    expect((await app.delete(`/block_documents/${id}`)).roundTrips).toBe(1);
  });

  it("show masks for secrets, and the secrets to those who ask for them", async () => {
    const { id, data } = await make("shown", { pw: "hunter2", user: "me" });
    expect(data).toEqual({ pw: "********", user: "me" });
    expect((await app.get(`/block_documents/${id}`)).body.data).toEqual({ pw: "********", user: "me" });
    expect((await app.get(`/block_documents/${id}?include_secrets=true`)).body.data).toEqual({ pw: "hunter2", user: "me" });
  });

  it("put what they refer to into their data, at any depth", async () => {
    const leaf = await make("leaf", { pw: "deep" });
    const middle = await make("middle", { next: referenceTo(leaf.id) });
    const top = await make("top", { n: 1, next: referenceTo(middle.id) });
    const { body } = await app.get(`/block_documents/${top.id}?include_secrets=true`);
    expect(body.data).toEqual({ n: 1, next: { next: { pw: "deep" } } });
    const { next } = body.block_document_references;
    expect(next.block_document.block_document_references.next.block_document.id).toBe(leaf.id);
    await app.delete(`/block_documents/${middle.id}`);
    expect((await app.get(`/block_documents/${top.id}`)).body.data).toEqual({ n: 1 });
  });

  it("stay within the bound of what one shows of others, though they branch without end", async () => {
    let id: string = (await make("branch-0", { n: 1 })).id;
    for (let level = 1; level <= 12; level++) id = (await make(`branch-${level}`, { a: referenceTo(id), b: referenceTo(id) })).id;
    const { status, text } = await app.get(`/block_documents/${id}`);
    expect([status, text.length < 10_000_000]).toEqual([200, true]);
  });

  it("close no circle, also where two updates meet", async () => {
    const a = await make("circle-a", {});
    const b = await make("circle-b", {});
    const answers = await Promise.all([
      app.patch(`/block_documents/${a.id}`, { data: { to: referenceTo(b.id) } }),
      app.patch(`/block_documents/${b.id}`, { data: { to: referenceTo(a.id) } }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 400]);
  });

  it("keep both of two updates that meet", async () => {
    const { id } = await make("both", { a: 1, b: 1 });
    const patch = (data: object) => app.patch(`/block_documents/${id}`, { data });
    await Promise.all([patch({ a: 2 }), patch({ b: 2 })]);
    expect((await app.get(`/block_documents/${id}`)).body.data).toEqual({ a: 2, b: 2 });
  });

  it.each([
    ["a type that is not there", { block_type_id: nobody }, 404],
    ["a schema that is not there", { block_schema_id: nobody }, 409],
    ["a document that is not there", { data: { a: referenceTo(nobody) } }, 409],
    ["a reference that is no object", { data: { a: { $ref: 1 } } }, 422],
  ])("are refused where they refer to %s", async (_what, change, status) => {
    const before = (await app.post("/block_documents/count", {})).body;
    expect((await app.post("/block_documents/", { ...kind, name: "refused", data: {}, ...change })).status).toBe(status);
    expect((await app.post("/block_documents/count", {})).body).toBe(before);
  });

  it("name a default result storage that is forgotten with them", async () => {
    const { id } = await make("results", {});
    expect((await app.put("/admin/storage", { default_result_storage_block_id: id })).status).toBe(200);
    await app.delete(`/block_documents/${id}`);
    expect((await app.get("/admin/storage")).body).toEqual({ default_result_storage_block_id: null });
  });
});

describe("a server without a key for secrets", () => {
  it("answers 503 where a secret would be stored or shown, and serves all else", async () => {
    const app = await testApp({ MILLIWAYS_ENCRYPTION_KEY: "" });
    const kind = await kindOf(app, "vault", { secret_fields: ["pw"] });
    const refused = await app.post("/block_documents/", { ...kind, name: "secret", data: { pw: "x" } });
    expect([refused.status, refused.body.detail]).toEqual([503, expect.stringContaining("MILLIWAYS_ENCRYPTION_KEY")]);
    const plain = await app.post("/block_documents/", { ...kind, name: "plain", data: { user: "me" } });
    expect(plain.status).toBe(201);
    expect((await app.patch(`/block_documents/${plain.body.id}`, { data: { pw: "x" } })).status).toBe(503);
    expect((await app.get(`/block_documents/${plain.body.id}?include_secrets=true`)).body.data).toEqual({ user: "me" });
  });
});
