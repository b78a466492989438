import { beforeAll, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";

const nobody = "00000000-0000-4000-8000-00000000dead";

describe("what names a block document", () => {
  let app: TestApp;
  let flow_id: string;
  let kind: { block_type_id: string; block_schema_id: string };
  beforeAll(async () => {
    app = await testApp();
    flow_id = (await app.post("/flows/", { name: "etl" })).body.id;
    const block_type_id = (await app.post("/block_types/", { name: "vault", slug: "vault" })).body.id;
    const fields = { title: "Vault", secret_fields: ["pw"] };
    kind = { block_type_id, block_schema_id: (await app.post("/block_schemas/", { block_type_id, fields })).body.id };
  });

  const document = async (name: string, data: object = {}): Promise<string> =>
    (await app.post("/block_documents/", { ...kind, name, data })).body.id;
  const referenceTo = (id: string) => ({ $ref: { block_document_id: id } });
  const template = (type: string, id: string) => ({
    job_configuration: { env: "{{ env }}" },
    variables: { type: "object", properties: { env: { type, default: referenceTo(id) } } },
  });

  it.each(["storage_document_id", "infrastructure_document_id"])(
    "a deployment's %s must exist, and takes it along",
    async (member) => {
      const id = await document(member.replaceAll("_", "-"));
      const make = (block: string) => app.post("/deployments/", { name: member, flow_id, [member]: block });
      expect((await make(nobody)).status).toBe(409);
      const made = await make(id);
      expect([made.status, made.body[member], made.roundTrips]).toEqual([201, id, 2]);
      expect((await app.patch(`/deployments/${made.body.id}`, { [member]: nobody })).status).toBe(409);
      expect((await app.patch(`/deployments/${made.body.id}`, { [member]: id })).status).toBe(204);
      await app.delete(`/block_documents/${id}`);
      expect((await app.get(`/deployments/${made.body.id}`)).status).toBe(404);
    },
  );

  it("a default of a work pool's template stands for the document's data, nested ones included", async () => {
    const inner = await document("inner", { pw: "x" });
    const id = await document("outer", { inner: referenceTo(inner) });
    const pool = (name: string, type: string, block: string) =>
      app.post("/work_pools/", { name, type: "process", base_job_template: template(type, block) });
    const made = await pool("fits", "object", id);
    expect([made.status, made.roundTrips]).toEqual([201, 2]);
    const refused = await pool("does-not-fit", "string", id);
    expect([refused.status, refused.text.includes("********")]).toEqual([422, true]);
    expect((await pool("missing", "object", nobody)).body).toEqual({ detail: "Block not found." });
  });

  it("runs of a deployment are checked against such a template, and refused once the block is gone", async () => {
    const id = await document("for-runs", { a: "b" });
    await app.post("/work_pools/", { name: "runs", type: "process", base_job_template: template("object", id) });
    const { body } = await app.post("/deployments/", { name: "runs", flow_id, work_pool_name: "runs" });
    const run = () => app.post(`/deployments/${body.id}/create_flow_run`, { job_variables: { other: 1 } });
    expect((await run()).status).toBe(201);
    await app.delete(`/block_documents/${id}`);
    expect((await run()).body).toEqual({ detail: "Block not found." });
  });
});
