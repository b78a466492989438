import { beforeAll, expect, it } from "vitest";
import { uuidParameters } from "../../src/http/paths.ts";
import { floatJson, stringifyJson } from "../../src/lib/json.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { bodySchema, fill, operations, rules, sample } from "../support/samples.ts";

const nobody = "00000000-0000-4000-8000-00000000dead";

let app: TestApp;
let other: TestApp;
beforeAll(async () => {
  [app, other] = await Promise.all([testApp(), testApp()]);
});

const asFloats = (value: unknown): string =>
  stringifyJson(JSON.parse(stringifyJson(value), (_, member) => (typeof member === "number" ? floatJson(member) : member)));

const withNumbers = operations.flatMap((operation) => {
  const body = operation.method === "GET" ? undefined : sample(bodySchema(operation), rules);
  return /:\d|\[\d/.test(stringifyJson(body) ?? "") ? [[`${operation.method} ${operation.path}`, operation, body] as const] : [];
});

it("has operations with numbers to ask", () => {
  expect(withNumbers.length).toBeGreaterThan(40);
});

it.each(withNumbers)("%s takes 1.0 where it takes 1", async (_, operation, body) => {
  const uuids = uuidParameters(operation);
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
  const path = fill(
    operation,
    Object.fromEntries(names.map((name) => [name, uuids.has(name) || name === "lease_id" ? nobody : "day"])),
  );
  const plain = await app.request(operation.method, path, body);
  const floats = await other.request(operation.method, path, asFloats(body));
  expect([floats.status, floats.status < 300 || floats.text], floats.text).toEqual([
    plain.status,
    plain.status < 300 || plain.text,
  ]);
});
