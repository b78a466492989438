import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { operations } from "../../src/app.ts";
import { openApiDocument } from "../../src/http/openapi.ts";
import { operation } from "../../src/http/operation.ts";
import { isJsonObject, type JsonObject } from "../../src/lib/json.ts";
import { type TestApp, testApp } from "../support/app.ts";

const object = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});
const schemasOf = (document: JsonObject) => object(object(document.components).schemas);

/** Returns the names that a part of a document refers to, also by way of others. */
function namesIn(part: unknown, schemas: JsonObject, names = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(part)) for (const item of part) namesIn(item, schemas, names);
  for (const [key, value] of Object.entries(object(part))) {
    if (key !== "$ref" || typeof value !== "string") namesIn(value, schemas, names);
    else {
      const name = value.replace("#/components/schemas/", "");
      if (names.has(name)) continue;
      names.add(name);
      namesIn(schemas[name], schemas, names);
    }
  }
  return names;
}

const document = openApiDocument(operations);
const described = Object.entries(object(document.paths)).flatMap(([path, methods]) =>
  Object.entries(object(methods)).map(([method, one]) => ({ method: method.toUpperCase(), path, one: object(one) })),
);

/** Returns the keywords of all JSON Schemas in a part of a document; names of properties are none. */
function keywordsIn(part: unknown, keywords = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(part)) for (const item of part) keywordsIn(item, keywords);
  for (const [key, value] of Object.entries(object(part))) {
    keywords.add(key);
    const isMap = key === "properties";
    if (isMap) for (const member of Object.values(object(value))) keywordsIn(member, keywords);
    else if (!["default", "enum", "const", "example"].includes(key)) keywordsIn(value, keywords);
  }
  return keywords;
}

describe("the bodies of the description", () => {
  const schemaOf = (method: string, path: string) => {
    const found = described.find((each) => each.method === method && each.path === path);
    const content = object(object(object(found?.one.requestBody).content)["application/json"]);
    return { required: object(found?.one.requestBody).required, schema: content.schema };
  };

  it("have the worker's heartbeat as the reference describes it", () => {
    expect(schemaOf("POST", "/work_pools/{work_pool_name}/workers/heartbeat")).toEqual({
      required: true,
      schema: {
        type: "object",
        properties: {
          name: { type: "string" },
          // The reference spells it `anyOf`.
          heartbeat_interval_seconds: { type: ["integer", "null"] },
        },
        required: ["name"],
      },
    });
  });

  it("have no keywords that only this program knows", () => {
    const bodies = described.map(({ one }) => object(object(object(one.requestBody).content)["application/json"]).schema);
    const keywords = keywordsIn([...bodies, ...Object.values(schemasOf(document))]);
    const known = [
      "$ref",
      "additionalProperties",
      "allOf",
      "anyOf",
      "const",
      "default",
      "description",
      "enum",
      "exclusiveMaximum",
    ];
    const more = ["exclusiveMinimum", "format", "items", "maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum"];
    const rest = ["oneOf", "pattern", "prefixItems", "properties", "propertyNames", "required", "title", "type", "not"];
    expect([...keywords].filter((keyword) => ![...known, ...more, ...rest].includes(keyword))).toEqual([]);
  });
});

describe("named schemas of the description", () => {
  const schemas = schemasOf(document);

  it("have a place for every reference", () => {
    expect([...namesIn(document.paths, schemas)].filter((name) => !Object.hasOwn(schemas, name))).toEqual([]);
  });

  it("stand there as sent in requests and as answered in answers", () => {
    const requests = namesIn(
      described.map(({ one }) => [one.requestBody, one.parameters]),
      schemas,
    );
    const answers = namesIn(
      described.map(({ one }) => one.responses),
      schemas,
    );
    expect(requests).toContain("StateDetails-Input");
    expect(answers).toContain("StateDetails-Output");
    expect([...requests].filter((name) => name.endsWith("-Output"))).toEqual([]);
    expect([...answers].filter((name) => name.endsWith("-Input"))).toEqual([]);
  });

  it("have both forms where they differ, also by what they refer to, and one where they are equal", () => {
    const inner = z.object({ count: z.number().default(1) }).meta({ id: "Inner" });
    const outer = z.object({ inner }).meta({ id: "Outer" });
    const same = z.strictObject({ name: z.string() }).meta({ id: "Same" });
    const body = z.object({ outer, same });
    const document = openApiDocument([
      operation({
        method: "POST",
        path: "/x",
        tag: "X",
        scope: "see_server",
        summary: "X",
        body,
        response: body,
        handle: ({ body }) => body,
      }),
    ]);
    const { "Inner-Input": sent, "Inner-Output": answered, ...others } = schemasOf(document);
    expect([object(sent).required, object(answered).required]).toEqual([undefined, ["count"]]);
    expect(object(object(object(others["Outer-Output"]).properties).inner).$ref).toBe("#/components/schemas/Inner-Output");
    const names = Object.keys(others).filter((name) => /Inner|Outer|Same/.test(name));
    expect(names).toEqual(["Outer-Input", "Outer-Output", "Same"]);
  });
});

describe("a name of the description", () => {
  it("cannot stand for two schemas", () => {
    const one = (path: string, member: string) => {
      const body = z.object({ [member]: z.string() }).meta({ id: "Twice" });
      return operation({ method: "POST", path, tag: "X", scope: "see_server", summary: path, body, handle: () => undefined });
    };
    expect(() => openApiDocument([one("/x", "x"), one("/y", "y")])).toThrow(/Duplicate schema id "Twice"/);
  });
});

describe("statuses of the description", () => {
  const codes = (one: JsonObject) => Object.keys(object(one.responses)).map(Number);

  it.each(operations.map((one) => [`${one.method} ${one.path}`, one] as const))("%s has those of its kind", (_, one) => {
    const mine = codes(object(object(object(document.paths)[one.path])[one.method.toLowerCase()]));
    const wanted = [400, 403, 503, ...(one.body === undefined ? [] : [413, 422]), ...(one.scope === null ? [] : [401])];
    expect(mine).toEqual(expect.arrayContaining(wanted));
    expect(mine.includes(401)).toBe(one.scope !== null);
    expect(mine.includes(413)).toBe(one.body !== undefined);
  });

  it("have a body each, but for success without an answer", () => {
    const bare = described.flatMap(({ method, path, one }) =>
      Object.entries(object(one.responses))
        .filter(([status, answer]) => status !== "204" && object(answer).content === undefined)
        .map(([status]) => `${method} ${path} ${status}`),
    );
    expect(bare).toEqual([]);
  });
});

describe("the header Allow", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await testApp();
  });

  const uuid = "00000000-0000-4000-8000-000000000001";
  const fits = (template: string, path: string) => {
    const parameters = described.flatMap(({ path, one }) => (path === template ? [one.parameters].flat().map(object) : []));
    const isUuid = (name: string) => parameters.some((p) => p.name === name && object(p.schema).format === "uuid");
    // A lease's id that is none is a fault of the request, not of the path.
    const pattern = (name: string) => (isUuid(name) && name !== "lease_id" ? "[0-9a-f-]{36}" : "[^/]+");
    return new RegExp(`^${template.replaceAll(".", "\\.").replace(/\{(\w+)\}/g, (_, name) => pattern(name))}$`).test(path);
  };

  it.each(Object.keys(object(document.paths)))("of %s names the methods that are described there", async (template) => {
    const path = template.replace(/\{(\w+)\}/g, (_, name) => (name === "id" || name.endsWith("_id") ? uuid : "a-name"));
    const methods = new Set(described.filter((other) => fits(other.path, path)).map(({ method }) => method));
    const answer = await app.request("OPTIONS", path);
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")?.split(", ").sort()).toEqual([...methods].sort());
  });
});
