import { describe, expect, it } from "vitest";
import { testApp } from "../support/app.ts";

const secretChecksum = "sha256:c078ed9c1e813e224c0b353d7ad4564a11d51d3198d9ac0686478165a1911c78";

describe("the server's own block types", () => {
  it("are there at the first use, with the checksums by which clients look for their schemas", async () => {
    const app = await testApp();
    const { status, body } = await app.get(`/block_schemas/checksum/${secretChecksum}?version=3.9.1`);
    expect([status, body.block_type.slug, body.block_type.is_protected]).toEqual([200, "secret", true]);
    expect((await app.get("/block_capabilities/")).body).toContain("write-path");
  });

  it("are stored once: later reads cost one round trip", async () => {
    const app = await testApp();
    const first = await app.post("/block_types/filter", {});
    expect([first.roundTrips, first.body.length > 2]).toEqual([3, true]);
    const second = await app.post("/block_types/filter", {});
    expect([second.roundTrips, second.body]).toEqual([1, first.body]);
    expect((await app.get("/block_types/slug/none")).roundTrips).toBe(1);
  });

  it("keep their ids when they are installed again", async () => {
    const app = await testApp();
    const before = (await app.get("/block_types/slug/secret")).body;
    await app.patch(`/block_types/${before.id}`, { description: "changed" });
    expect((await app.post("/block_types/install_system_block_types")).status).toBe(200);
    const { updated: _, ...after } = (await app.get("/block_types/slug/secret")).body;
    const { updated: __, ...same } = before;
    expect(after).toEqual(same);
  });
});

describe("nested block schemas", () => {
  it.each([
    [
      "lead in a circle",
      {
        A: {
          properties: { a: { $ref: "#/definitions/A" } },
          block_schema_references: { a: { block_type_slug: "t", block_schema_checksum: "y" } },
        },
      },
    ],
    ["are neither known nor defined", {}],
  ])("that %s are refused, and nothing is stored", async (_what, definitions) => {
    const app = await testApp();
    const { id } = (await app.post("/block_types/", { name: "t", slug: "t" })).body;
    const fields = {
      properties: { a: { $ref: "#/definitions/A" } },
      block_schema_references: { a: { block_type_slug: "t", block_schema_checksum: "x" } },
      definitions,
    };
    expect((await app.post("/block_schemas/", { block_type_id: id, fields })).status).toBe(422);
    expect((await app.post("/block_schemas/filter", {})).body).toEqual([]);
  });

  it("are made once by two requests that meet", async () => {
    const app = await testApp();
    const { id } = (await app.post("/block_types/", { name: "t", slug: "t" })).body;
    const make = () => app.post("/block_schemas/", { block_type_id: id, fields: { title: "same" } });
    const [one, two] = await Promise.all([make(), make()]);
    expect([one.status, two.status].sort()).toEqual([200, 201]);
    expect(one.body.id).toBe(two.body.id);
  });
});
