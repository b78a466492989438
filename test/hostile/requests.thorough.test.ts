import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import type { Operation } from "../../src/http/operation.ts";
import { isJsonObject } from "../../src/lib/json.ts";
import { bodySchema, operations, placesOf, replaced, resolve } from "../support/samples.ts";
import { sendAll, table, withBody } from "./members.ts";
import { injections, nested } from "./values.ts";
import { hostileWorld, isDestructive, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await hostileWorld();
});

const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from(Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part)))));
const isObject = (operation: Operation) => "properties" in resolve(bodySchema(operation));
const json = { "content-type": "application/json" };
const mebibytes = (n: number) => n * 1024 * 1024;

describe("a body that cannot be read", () => {
  const unreadable = [400, { detail: "There was an error parsing the body" }];
  const invalid = [422, expect.objectContaining({ exception_message: "Invalid request received." })];
  const cases: [string, string | Uint8Array, unknown[]][] = [
    ["bytes that are no UTF-8", bytes('{"name": "', [0xff, 0xfe], '"}'), unreadable],
    ["half a character", bytes('{"name": "', [0xe2, 0x82], '"}'), unreadable],
    ["a surrogate in bytes", bytes('{"name": "', [0xed, 0xa0, 0x80], '"}'), unreadable],
    ["gzip", new Uint8Array(gzipSync("{}")), unreadable],
    ["1,000 levels", nested(1000), unreadable],
    ["a million levels", nested(1_000_000), unreadable],
    ["a million levels that do not end", '{"a":'.repeat(1_000_000), unreadable],
    ["NaN", '{"limit": NaN}', invalid],
    ["Infinity", '{"limit": -Infinity}', invalid],
    ["half a surrogate pair", '{"name": "\\ud800"}', invalid],
    ["half a surrogate pair as a key", '{"\\udfff": 1}', invalid],
    ["no JSON", "{'name': 1}", invalid],
    ["two documents", "{} {}", invalid],
    ["a raw control character", '{"name": "a\u0000b"}', invalid],
  ];

  it.each(table(withBody))("%s", async (_, operation) => {
    for (const [name, body, expected] of cases) {
      const answer = await world.send(operation, { path: world.path(operation), body });
      expect([name, answer.roundTrips, answer.status, answer.body]).toEqual([name, 0, ...expected]);
    }
  });

  it.each(table(withBody.filter(isObject)))("%s: 250 levels are read", async (_, operation) => {
    const answer = await world.send(operation, { path: world.path(operation), body: `{"surprise": ${nested(250)}}` });
    expect([400, 500]).not.toContain(answer.status);
    if (answer.status !== 422 || answer.body.request_body === undefined) return;
    if (operation.secretBody === true) expect(answer.body.request_body).toBeNull();
    else expect(answer.body.request_body.surprise).toHaveLength(1);
  });
});

describe("a body that is too large", () => {
  const tooLarge = { detail: "Request body is too large." };
  const chunked = (size: number): ReadableStream<Uint8Array> => {
    let left = size;
    return new ReadableStream({
      pull(controller) {
        const part = Math.min(left, 65_536);
        if (part === 0) controller.close();
        else controller.enqueue(new Uint8Array(part).fill(0x20));
        left -= part;
      },
    });
  };
  const post = (path: string, init: Record<string, unknown>) =>
    createApp(world.app.isolate).request(`/api${path}`, { method: "POST", headers: json, ...init });

  it.each(table(withBody))("is refused by %s, whether it says its length or not", async (_, operation) => {
    const request = { method: operation.method };
    const path = world.path(operation);
    const announced = await post(path, {
      ...request,
      headers: { ...json, "content-length": mebibytes(5) + 1 },
      body: "{}",
    });
    expect([announced.status, await announced.json()]).toEqual([413, tooLarge]);
    const streamed = await post(path, { ...request, body: chunked(mebibytes(5) + 1), duplex: "half" });
    expect([streamed.status, await streamed.json()]).toEqual([413, tooLarge]);
  });

  it("is not read to its end", async () => {
    const endless = await post("/flows/filter", { body: chunked(Number.MAX_SAFE_INTEGER), duplex: "half" });
    expect(endless.status).toBe(413);
  });

  it("has more than 5 MiB", async () => {
    const fits = await post("/flows/count", { body: `{"a": "${"x".repeat(mebibytes(5) - 9)}"}` });
    expect([fits.status, await fits.json()]).toEqual([200, expect.any(Number)]);
    const inChunks = await post("/flows/filter", { body: chunked(mebibytes(5)), duplex: "half" });
    expect(inChunks.status, "blanks are no JSON").toBe(422);
    expect((await post("/flows/count", { body: `{"a": "${"x".repeat(mebibytes(5) - 8)}"}` })).status).toBe(413);
  });

  it("may lie about its length", async () => {
    for (const length of ["-1", "x", "0", "1e3", ""]) {
      const answer = await post("/flows/count", { headers: { ...json, "content-length": length }, body: "{}" });
      expect(answer.status).toBe(200);
    }
  });
});

describe("a body of another type", () => {
  it.each(table(withBody))("%s", async (_, operation) => {
    for (const type of [
      "text/plain",
      "text/json",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "nonsense",
    ]) {
      const sent = {
        path: world.path(operation),
        body: JSON.stringify(world.body(operation)),
        headers: { "content-type": type },
      };
      const answer = await world.send(operation, sent);
      expect([type, answer.status, answer.roundTrips]).toEqual([type, 422, 0]);
    }
  });
});

describe("a body of another kind than its own", () => {
  it.each(table(withBody))("%s", async (_, operation) => {
    const { type } = resolve(bodySchema(operation));
    const isList = type === "array";
    const text = type === "string" ? "{}" : '"text"';
    for (const body of ["5", "-1e400", text, "true", isList ? "{}" : "[]", isList ? "[5, null]" : "[{}]"]) {
      const answer = await world.send(operation, { path: world.path(operation), body });
      expect([body, answer.status, answer.roundTrips]).toEqual([body, 422, 0]);
    }
  });
});

describe("SQL in every text at once", () => {
  it.each(table(withBody))("%s", async (_, operation) => {
    const isPlainText = ({ schema }: { schema: { type?: unknown; format?: unknown; enum?: unknown } }) =>
      [schema.type].flat()[0] === "string" && schema.format === undefined && schema.enum === undefined;
    const texts = placesOf(bodySchema(operation), new Set()).filter(isPlainText);
    const requests = injections.map((text) => ({
      path: world.path(operation),
      body: texts.reduce((body, { path }) => replaced(body, path, text), world.body(operation)),
    }));
    await sendAll(world, operation, requests);
  });

  it.each(["flows", "flow_runs", "task_runs", "deployments", "work_pools", "work_queues"])(
    "finds none of the %s by name, and leaves all there",
    async (group) => {
      const count = async (filter: unknown) => {
        const path = group === "work_queues" ? "/work_queues/filter" : `/${group}/count`;
        const { body } = await world.app.post(path, filter);
        return Array.isArray(body) ? body.length : body;
      };
      const all = await count({});
      expect(all).toBeGreaterThan(0);
      for (const text of ["' or 'x'='x", "') or 1=1 --", "' or 1=1 union select 1 --"]) {
        const filters = [{ any_: [text] }, group.startsWith("work") ? { any_: [`${text}%`] } : { like_: text }];
        for (const name of filters) expect(await count({ [group]: { name } })).toBe(0);
      }
      expect(await count({})).toBe(all);
    },
  );

  it("comes back as it was sent", async () => {
    for (const text of injections.filter((injection) => !/[/%&<>]/.test(injection))) {
      const name = `${text} again`;
      const { body: flow } = await world.app.post("/flows/", { name, tags: injections, labels: { [name]: name } });
      expect((await world.app.get(`/flows/name/${encodeURIComponent(name)}`)).body).toEqual(flow);
      expect(flow).toMatchObject({ name, tags: injections });
    }
  });
});

describe("a path", () => {
  const texts = [
    ...injections,
    "..",
    ".",
    "%",
    "%25",
    "a/b",
    "a\\b",
    "\0",
    "\ud83d\ude00",
    "x".repeat(5000),
    "__proto__",
    " ",
    "+",
    ";",
    "#",
    "?",
  ];

  it.each(table(operations.filter(({ path }) => path.includes("{"))))("%s", async (_, operation) => {
    const body = operation.method === "GET" || operation.body === undefined ? undefined : world.body(operation);
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
    const paths = names.flatMap((name) => texts.map((text) => world.path(operation, { [name]: text })));
    await sendAll(
      world,
      operation,
      [...paths, `${world.path(operation)}%FF`, `${world.path(operation)}%`].map((path) => ({ path, body })),
    );
  });
});

describe("a query", () => {
  it.each(table(operations.filter((operation) => operation.query !== undefined)))("%s", async (_, operation) => {
    const { shape } = Object(operation.query);
    const values = [
      ...injections,
      "",
      "\0",
      "-1",
      "9".repeat(400),
      "1e400",
      "9223372036854775808",
      "NaN",
      "x".repeat(5000),
      "%",
      "[]",
    ];
    const queries = Object.keys(shape).flatMap((name) => values.map((value) => `${name}=${encodeURIComponent(value)}`));
    const path = world.path(operation);
    const requests = [...queries, "=", "&&", "%", "a=%FF", "__proto__=1&constructor=2", Object.keys(shape).join("&")].map(
      (query) => ({
        path: `${path}?${query}`,
      }),
    );
    await sendAll(world, operation, requests);
  });
});

describe("headers", () => {
  it.each(table(operations.filter((operation) => !isDestructive(operation) && operation.path !== "/docs")))(
    "%s",
    async (_, operation) => {
      const body = operation.method === "GET" || operation.body === undefined ? undefined : world.body(operation);
      const hostile = ["'; drop table flow; --", "9".repeat(400), "{", "%00", "x".repeat(5000), "null", "AAAA====", "-1.-1.-1"];
      const names = [
        "x-prefect-api-version",
        "prefect-automation-id",
        "prefect-automation-name",
        "x-prefect-ui",
        "user-agent",
        "origin",
      ];
      const requests = hostile.map((value, i) => ({
        path: world.path(operation),
        body,
        headers:
          i % 2 === 0 ? { [names[i % names.length] ?? ""]: value } : Object.fromEntries(names.map((name) => [name, value])),
      }));
      await sendAll(world, operation, requests);
    },
  );
});

it("leaves the prototypes of this program as they are", () => {
  expect(Reflect.ownKeys(Object.prototype)).not.toContain("polluted");
  expect(isJsonObject({}) && "x" in {}).toBe(false);
});
