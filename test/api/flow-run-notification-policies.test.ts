import { describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";

const path = "/flow_run_notification_policies/";

async function withBlock(): Promise<{ app: TestApp; valid: Record<string, unknown> }> {
  const app = await testApp();
  const block_type_id = (await app.post("/block_types/", { name: "t", slug: "t" })).body.id;
  const block_schema_id = (await app.post("/block_schemas/", { block_type_id, fields: {}, capabilities: ["notify"] })).body.id;
  const document = await app.post("/block_documents/", { name: "b", block_type_id, block_schema_id, data: {} });
  return { app, valid: { state_names: [], tags: [], block_document_id: document.body.id } };
}

describe("a flow run notification policy", () => {
  it.each([
    ["a name that no template has", { message_template: "{flow_run}" }],
    ["a name with spaces", { message_template: "{ flow_name }" }],
    ["an unbalanced brace", { message_template: "flow_name}" }],
    ["an attribute", { message_template: "{flow_name.__class__}" }],
    ["a format specification", { message_template: "{flow_name:>1000000}" }],
    ["51 fields", { message_template: "{flow_name}".repeat(51) }],
    ["50,001 characters", { message_template: "x".repeat(50_001) }],
    ["1,001 tags", { tags: Array.from({ length: 1001 }, String) }],
    ["1,001 names of states", { state_names: Array.from({ length: 1001 }, String) }],
  ])("with %s is refused, and nothing is stored", async (_, more) => {
    const { app, valid } = await withBlock();
    expect((await app.post(path, { ...valid, ...more })).status).toBe(422);
    expect((await app.post(`${path}filter`)).body).toEqual([]);
    const { id } = (await app.post(path, valid)).body;
    expect((await app.patch(path + id, more)).status).toBe(422);
    expect((await app.get(path + id)).body).toMatchObject(valid);
  });

  it("keeps what a refused change would have cleared", async () => {
    const { app, valid } = await withBlock();
    const { id } = (await app.post(path, { ...valid, message_template: "{{x}} {flow_name!r}" })).body;
    expect((await app.patch(path + id, { message_template: null, tags: null })).status).toBe(409);
    expect((await app.get(path + id)).body.message_template).toBe("{{x}} {flow_name!r}");
    expect((await app.patch(path + id, { message_template: null, is_active: false })).status).toBe(204);
    expect((await app.get(path + id)).body).toMatchObject({ message_template: null, is_active: false });
  });
});
