import { beforeAll, describe, expect, it } from "vitest";
import type { Operation } from "../../src/http/operation.ts";
import { uuidParameters } from "../../src/http/paths.ts";
import { type Answer, type TestApp, testApp } from "../support/app.ts";
import { bodySchema, fill, operations, resolve, rules, sample } from "../support/samples.ts";
import { absent } from "./unknown-objects.ts";

const nobody = "00000000-0000-4000-8000-00000000dead";
const authString = "admin:pässword";
const apiKey = "key-1234";
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

const nameOf = ({ method, path }: Operation) => `${method} ${path}`;
const parametersOf = ({ path }: Operation) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
const table = (list: readonly Operation[]) => list.map((operation) => [nameOf(operation), operation] as const);

/** Parameters that lead to no object, of the right form. */
function nowhere(operation: Operation): Record<string, string> {
  const uuids = uuidParameters(operation);
  const value = (name: string) => (uuids.has(name) || name === "lease_id" ? nobody : name === "countable" ? "day" : "nope");
  return Object.fromEntries(parametersOf(operation).map((name) => [name, value(name)]));
}

const bodyOf = (operation: Operation): unknown => {
  const schema = operation.method === "GET" ? undefined : bodySchema(operation);
  const body = schema === undefined ? undefined : sample(schema, rules);
  // A text would be sent as it is.
  return typeof body === "string" ? JSON.stringify(body) : body;
};

/** The methods of all operations that a path leads to. */
function methodsOf(path: string): string[] {
  const leads = (operation: Operation) => {
    const uuids = uuidParameters(operation);
    const pattern = operation.path
      .replaceAll(".", "\\.")
      .replace(/\{(\w+)\}/g, (_, name: string) => (uuids.has(name) ? "[0-9a-f-]{36}" : "[^/]+"));
    return new RegExp(`^${pattern}$`).test(path);
  };
  return [...new Set(operations.filter(leads).map(({ method }) => method))];
}

const verbs = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const withBody = operations.filter((operation) => operation.body !== undefined);
const withParameters = operations.filter((operation) => parametersOf(operation).length > 0);

let app: TestApp;
let closed: TestApp;
beforeAll(async () => {
  app = await testApp();
  closed = await testApp({ MILLIWAYS_AUTH_STRING: authString, MILLIWAYS_API_KEY: apiKey });
});

const ask = (operation: Operation, headers?: Record<string, string>, server = app): Promise<Answer> =>
  server.request(operation.method, fill(operation, nowhere(operation)), bodyOf(operation), headers);

describe("an object that is not there", () => {
  it.each(table(withParameters))("%s", async (name, operation) => {
    const answer = await ask(operation);
    const [status, body] = absent[name] ?? [404, expect.objectContaining({})];
    expect([answer.status, answer.body], answer.text).toEqual([status, body]);
    if (status === 404) expect(Object.keys(answer.body)).toHaveLength(1);
  });

  it("is answered by a text of its own, or by the one that its group has", () => {
    const names = new Set(operations.map(nameOf));
    expect(Object.keys(absent).filter((name) => !names.has(name))).toEqual([]);
    expect(withParameters.map(nameOf).filter((name) => !(name in absent))).toEqual([]);
  });
});

describe("a path id that is no UUID is no path", () => {
  const cases = withParameters.flatMap((operation) =>
    [...uuidParameters(operation)].map((name) => [`${nameOf(operation)}: ${name}`, operation, name] as const),
  );

  it.each(cases)("%s", async (_, operation, name) => {
    for (const text of [
      "x",
      "1",
      nobody.slice(1),
      `${nobody}0`,
      `{${nobody}}`,
      `urn:uuid:${nobody}`,
      `${nobody} `,
      "null",
      "\0",
    ]) {
      const path = fill(operation, { ...nowhere(operation), [name]: text });
      const answer = await app.request(operation.method, path, bodyOf(operation));
      expect([text, answer.status, answer.body]).toEqual([text, 404, { detail: "Not Found" }]);
    }
  });

  it("but a lease's is a fault of the request", async () => {
    const answer = await app.post("/v2/concurrency_limits/leases/x/renew", { lease_duration: 60 });
    expect([answer.status, answer.body.exception_detail[0].loc]).toEqual([422, ["path", "lease_id"]]);
  });
});

describe("a key that a body does not know", () => {
  const isStrict = (operation: Operation) => resolve(bodySchema(operation)).additionalProperties === false;
  const isObject = (operation: Operation) => "properties" in resolve(bodySchema(operation));

  it.each(table(withBody.filter(isStrict)))("is refused by %s", async (_, operation) => {
    const body = { ...Object(bodyOf(operation)), surprise: 1 };
    const answer = await app.request(operation.method, fill(operation, nowhere(operation)), body);
    expect(answer.status).toBe(422);
    expect(answer.body.exception_detail).toContainEqual(
      expect.objectContaining({
        type: "extra_forbidden",
        loc: ["body", "surprise"],
        input: operation.secretBody === true ? null : 1,
      }),
    );
    // An operation whose body may hold secrets repeats nothing of it.
    expect(answer.body.request_body).toEqual(operation.secretBody === true ? null : body);
  });

  it.each(table(withBody.filter((o) => isObject(o) && !isStrict(o))))("is ignored by %s", async (_, operation) => {
    const path = fill(operation, nowhere(operation));
    const [without, beside] = [bodyOf(operation), { ...Object(bodyOf(operation)), surprise: 1, __proto__x: {} }];
    const plain = await app.request(operation.method, path, without);
    expect((await app.request(operation.method, path, beside)).status).toBe(plain.status);
  });

  it("is refused wherever something is created or changed", () => {
    const lenient = withBody
      .filter((o) => (o.method === "PATCH" || o.path.endsWith("/")) && isObject(o) && !isStrict(o))
      .map(nameOf);
    expect(lenient).toEqual([]);
  });
});

describe("another method", () => {
  it.each(table(operations))("than %s is answered with 405 and those there are", async (_, operation) => {
    const path = fill(operation, nowhere(operation));
    const allowed = methodsOf(path);
    for (const method of [...verbs, "HEAD", "OPTIONS"].filter((verb) => !allowed.includes(verb))) {
      const answer = await app.request(method, path);
      expect([method, answer.status, answer.headers.get("allow")?.split(", ").sort()]).toEqual([method, 405, allowed.sort()]);
      if (method !== "HEAD") expect(answer.body).toEqual({ detail: "Method Not Allowed" });
    }
  });
});

describe("a slash at the end, too many or too few", () => {
  it.each(table(operations))("%s", async (_, operation) => {
    const path = fill(operation, nowhere(operation));
    const other = path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
    const answer = await app.request(operation.method, `${other}?a=1&b=%20x`);
    expect([answer.status, answer.headers.get("location")]).toEqual([307, `http://localhost/api${path}?a=1&b=%20x`]);
  });

  it("leads nowhere where there is nothing", async () => {
    for (const path of ["/nothing", "/nothing/", "/flows//filter", "//flows/filter", "/flows/filter//", "/", "", "/flows/name/"])
      expect((await app.post(path, {})).body).toEqual({ detail: "Not Found" });
  });
});

describe("credentials", () => {
  const open = operations.filter((operation) => operation.scope === null);

  it("are needed everywhere but at health and readiness", () => {
    expect(open.map(nameOf)).toEqual(["GET /health", "GET /ready"]);
  });

  it.each(table(operations))("%s", async (_, operation) => {
    const wrong = [
      undefined,
      "",
      "Basic",
      "Basic ",
      `basic ${basic(authString).slice(6)}`,
      `${basic(authString)} more`,
      basic("admin:other"),
      basic(apiKey),
      basic(""),
      "Basic !!!",
      `Basic ${Buffer.from(authString, "latin1").toString("base64")}`,
      "Bearer",
      "Bearer other",
      `Bearer ${authString}`,
      `bearer ${apiKey}`,
      apiKey,
    ].map(
      (authorization): Record<string, string> =>
        authorization === undefined ? {} : { authorization: encodeURI(authorization).replaceAll("%20", " ") },
    );
    for (const headers of wrong) {
      const answer = await ask(operation, headers, closed);
      if (operation.scope === null) expect(answer.status).toBe(200);
      else expect([headers, answer.status, answer.body]).toEqual([headers, 401, { exception_message: "Unauthorized" }]);
      expect(answer.headers.has("www-authenticate")).toBe(false);
    }
    for (const authorization of [basic(authString), `Bearer ${apiKey}`])
      expect((await ask(operation, { authorization }, closed)).status).not.toBe(401);
  });

  it("are looked at before the path, the method and the body", async () => {
    const answers = [
      await closed.get("/nothing"),
      await closed.put("/flows/", {}),
      await closed.post("/flows/", "{"),
      await closed.request("HEAD", "/flows/"),
      await closed.post("/flows", {}, { "x-prefect-api-version": "0.1.0" }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
  });

  it("of one kind do when only that kind is configured", async () => {
    const [byKey, byPassword] = [
      await testApp({ MILLIWAYS_API_KEY: apiKey }),
      await testApp({ MILLIWAYS_AUTH_STRING: authString }),
    ];
    const status = async (server: TestApp, authorization: string) => (await server.get("/hello", { authorization })).status;
    expect(await status(byKey, `Bearer ${apiKey}`)).toBe(200);
    expect(await status(byKey, basic("undefined"))).toBe(401);
    expect(await status(byKey, "Bearer undefined")).toBe(401);
    expect(await status(byPassword, basic(authString))).toBe(200);
    expect(await status(byPassword, "Bearer undefined")).toBe(401);
  });
});

describe("the version of the client's API", () => {
  const version = (text: string) => ({ "x-prefect-api-version": text });
  const unchecked = ["GET /health", "GET /version", "GET /openapi.json", "GET /docs"];

  it.each(table(operations))("%s", async (name, operation) => {
    for (const [text, detail] of [
      ["0.7.9", "The request specified API version 0.7.9 but this server requires version 0.8.0 or higher."],
      ["0.8", "Invalid X-PREFECT-API-VERSION header format.Expected header in format 'x.y.z' but received 0.8"],
    ] as const) {
      const answer = await ask(operation, version(text));
      if (unchecked.includes(name)) expect(answer.status).toBe(200);
      else expect([answer.status, answer.body]).toEqual([400, { detail }]);
    }
    if (operation.body === undefined) return;
    const path = fill(operation, nowhere(operation));
    expect((await app.request(operation.method, path, "[1", version("0.7.9"))).status, "no JSON comes first").toBe(422);
    expect((await app.request(operation.method, path, "5", version("0.7.9"))).status, "validation comes after it").toBe(400);
  });

  it.each(["", "0.8.0", "0.8.4", "0.8.10", "1.0.0", "9.9.9", "00.08.04"])("lets %j pass", async (text) => {
    expect((await app.get("/hello", version(text))).status).toBe(200);
  });

  it.each(["0.8.4.1", "abc", "0.8.x", "1", "0..8", "-"])("refuses %j", async (text) => {
    expect((await app.get("/hello", version(text))).status).toBe(400);
  });

  it("is not looked at where there is nothing", async () => {
    expect((await app.get("/nothing", version("0.1.0"))).status).toBe(404);
    expect((await app.put("/flows/", {}, version("0.1.0"))).status).toBe(405);
  });
});

describe("requests of browsers", () => {
  const origin = "https://ui.example";

  it.each(table(operations))("may read every answer of %s", async (_, operation) => {
    const own = "http://localhost:3000";
    for (const [server, from, allowed] of [
      [app, own, own],
      [closed, origin, "*"],
    ] as const) {
      const answer = await ask(operation, { origin: from }, server);
      expect(answer.headers.get("access-control-allow-origin")).toBe(allowed);
      expect(answer.headers.has("access-control-allow-credentials")).toBe(false);
    }
    expect((await ask(operation)).headers.has("access-control-allow-origin")).toBe(false);
  });

  it("are answered before anything else when they ask first", async () => {
    const asked = { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type,x-one" };
    for (const path of ["/flows/filter", "/nothing", "/flows"]) {
      const answer = await closed.request("OPTIONS", path, undefined, asked);
      expect([answer.status, answer.text]).toEqual([200, "OK"]);
      expect(answer.headers.get("access-control-allow-headers")).toBe("content-type,x-one");
      expect(answer.headers.get("access-control-allow-methods")?.split(", ").sort()).toEqual([
        "DELETE",
        "GET",
        "HEAD",
        "OPTIONS",
        "PATCH",
        "POST",
        "PUT",
        "QUERY",
      ]);
      expect(answer.headers.get("access-control-max-age")).toBe("600");
    }
  });
});
