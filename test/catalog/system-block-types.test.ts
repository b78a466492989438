import { describe, expect, it } from "vitest";
import { testApp } from "../support/app.ts";
import recorded from "./fixtures/system-block-types-3.9.1.json" with { type: "json" };

type Known = Record<string, unknown>;

const byChecksum = (a: { checksum: string; version: string }, b: { checksum: string; version: string }) =>
  `${a.checksum} ${a.version}` < `${b.checksum} ${b.version}` ? -1 : 1;

describe("the server's own block types", () => {
  it("are those of the reference: slugs, names, logos, documentation and protection", async () => {
    const app = await testApp();
    const { body } = await app.post("/block_types/filter", {});
    const shown = body.map(({ slug, name, logo_url, documentation_url, is_protected }: Known) => ({
      slug,
      name,
      logo_url,
      documentation_url,
      is_protected,
    }));
    expect(shown).toEqual(recorded.types.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
    expect(body.every((one: Known) => one.description !== null && String(one.code_example).includes(".load("))).toBe(true);
  });

  it("have the schemas of the reference: checksums, versions, capabilities, fields, secrets, nested schemas and definitions", async () => {
    const app = await testApp();
    await app.post("/block_types/filter", {});
    const { body } = await app.post("/block_schemas/filter", {});
    const keys = (value: unknown) => Object.keys(value ?? {}).sort();
    const shown = body.map((one: { fields: Known; block_type: Known; checksum: string; version: string } & Known) => ({
      slug: one.block_type.slug,
      checksum: one.checksum,
      version: one.version,
      capabilities: one.capabilities,
      title: one.fields.title,
      properties: keys(one.fields.properties),
      required: one.fields.required ?? [],
      secret_fields: one.fields.secret_fields,
      references: keys(one.fields.block_schema_references),
      definitions: keys(one.fields.definitions),
    }));
    expect(shown.toSorted(byChecksum)).toEqual(recorded.schemas.toSorted(byChecksum));
  });

  it("keep the schemas and the links of a client that came first", async () => {
    const app = await testApp();
    const [credentials, bucket] = ["aws-credentials", "s3-bucket"];
    const type = async (slug: string) => (await app.post("/block_types/", { name: slug, slug })).body.id;
    const inner = await app.post("/block_schemas/", {
      block_type_id: await type(credentials),
      fields: { title: "Own" },
      version: "1",
    });
    const fields = {
      title: "Bucket",
      properties: { credentials: { $ref: "#/definitions/Own" } },
      block_schema_references: { credentials: { block_type_slug: credentials, block_schema_checksum: inner.body.checksum } },
    };
    const outer = await app.post("/block_schemas/", { block_type_id: await type(bucket), fields, version: "1" });
    const read = () => app.get(`/block_schemas/${outer.body.id}`);
    const links = (await read()).body.fields;
    expect(await app.post("/block_types/filter", {})).toMatchObject({ status: 200, roundTrips: 3 });
    expect((await read()).body.fields).toEqual(links);
    expect((await app.get(`/block_types/slug/${bucket}`)).body.name).toBe("S3 Bucket");
  });
});
