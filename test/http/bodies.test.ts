import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readBody } from "../../src/http/body.ts";
import { memoryBudget } from "../../src/lib/memory.ts";
import { type TestApp, testApp } from "../support/app.ts";

const id = "0123abcd-4567-4000-8000-00000000beef";

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});

const faults = async (path: string, body: unknown) => {
  const answer = await app.post(path, body);
  expect(answer.status).toBe(422);
  expect(answer.body).toMatchObject({ exception_message: "Invalid request received.", request_body: body ?? null });
  return answer.body.exception_detail.map(({ type, loc }: { type: string; loc: unknown[] }) => [type, ...loc]);
};

describe("the body of a refusal (prefect/server/api/server.py validation_exception_handler)", () => {
  it.each([
    ["/flows/", { tags: [] }, [["missing", "body", "name"]]],
    ["/flows/", undefined, [["missing", "body"]]],
    ["/flows/", { name: 5 }, [["string_type", "body", "name"]]],
    ["/flows/", { name: "x", tags: ["a", 1] }, [["string_type", "body", "tags", 1]]],
    ["/flows/", { name: "x", surprise: 1 }, [["extra_forbidden", "body", "surprise"]]],
    ["/flows/filter", { flows: { id: { any_: ["x"] } } }, [["uuid_parsing", "body", "flows", "id", "any_", 0]]],
    ["/flows/filter", { flows: { nme: {} } }, [["extra_forbidden", "body", "flows", "nme"]]],
    ["/flows/filter", { sort: "SIZE" }, [["enum", "body", "sort"]]],
    ["/flows/filter", { offset: -1 }, [["greater_than_equal", "body", "offset"]]],
    ["/flows/filter", { offset: "x" }, [["int_parsing", "body", "offset"]]],
    ["/flows/filter", { limit: 1.5 }, [["int_from_float", "body", "limit"]]],
    ["/flows/filter", { limit: [] }, [["int_type", "body", "limit"]]],
    ["/logs/", [{ level: 20 }], ["name", "message", "timestamp"].map((name) => ["missing", "body", 0, name])],
  ])("%s %j", async (path, body, expected) => {
    expect(await faults(path, body)).toEqual(expected);
  });

  it("reports all faults of path, query and body together", async () => {
    const found = await faults("/v2/concurrency_limits/leases/x/renew", { lease_duration: "x" });
    expect(found).toEqual([
      ["uuid_parsing", "path", "lease_id"],
      ["float_parsing", "body", "lease_duration"],
    ]);
    expect((await faults("/flows/", { tags: 1, labels: 1, surprise: 1 })).map((fault: unknown[]) => fault.at(-1)).sort()).toEqual(
      ["labels", "name", "surprise", "tags"],
    );
  });

  it("shows the raw text when it was no JSON", async () => {
    const answer = await app.post("/flows/", '{"name":');
    expect(answer.body.request_body).toBe('{"name":');
    expect(answer.body.exception_detail[0]).toMatchObject({ type: "json_invalid", loc: ["body", expect.any(Number)] });
  });

  it("shows numbers and keys as they were sent", async () => {
    const text = '{"name": 123456789012345678901234567890, "__proto__": {"a": 9007199254740993}}';
    const { status, text: answer } = await app.post("/flows/", text);
    expect(status).toBe(422);
    expect(answer).toContain('"request_body":{"name":123456789012345678901234567890,"__proto__":{"a":9007199254740993}}');
  });
});

describe("what is read as a body", () => {
  const status = async (body: string | Uint8Array | undefined, type?: string) => {
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    const { status: answered } = await app.request("POST", "/flows/count", body, headers);
    return answered;
  };

  it.each(["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json", ""])(
    "JSON of the type %j",
    async (type) => {
      expect(await status('{"flows": 1}', type)).toBe(422);
      expect(await status("{}", type)).toBe(200);
    },
  );

  it.each(["text/plain", "text/json", "application/x-www-form-urlencoded", "application/octet-stream", "nonsense"])(
    "not what is %s",
    async (type) => expect(await status("{}", type)).toBe(422),
  );

  it.each([
    ["a byte order mark", Buffer.from("\ufeff{}")],
    ["UTF-16", Buffer.from("{}", "utf16le")],
    ["UTF-16 with its mark", Buffer.from("\ufeff{}", "utf16le")],
    ["UTF-16 the other way round", Buffer.from("\ufeff{}", "utf16le").swap16()],
    ["nothing", undefined],
    ["null", "null"],
  ])("%s", async (_, body) => expect(await status(typeof body === "object" ? new Uint8Array(body) : body)).toBe(200));

  it("the last of equal keys", async () => {
    expect((await app.post("/flows/", '{"name": "first", "name": "second"}')).body.name).toBe("second");
  });

  it("nothing that breaks off, with or without a length", async () => {
    for (const headers of [{}, { "content-length": "20" }]) {
      const broken = new ReadableStream({
        pull(controller) {
          controller.error(new Error("Network connection lost."));
        },
      });
      const request = new Request("http://localhost/", { method: "POST", headers, body: broken, duplex: "half" } as RequestInit);
      await expect(readBody(request, memoryBudget(1).lease())).rejects.toMatchObject({ status: 400 });
    }
  });

  it("nothing where none is defined", async () => {
    expect((await app.delete(`/flows/${id}`)).status).toBe(404);
    expect((await app.request("DELETE", `/flows/${id}`, "{", { "content-type": "application/json" })).status).toBe(404);
  });
});

describe("a query", () => {
  it("counts its last of repeated parameters, and none that is unknown", async () => {
    const path = `/flow_run_states/?surprise=1&flow_run_id=x&flow_run_id=${id}`;
    expect(await app.get(path)).toMatchObject({ status: 200, body: [] });
    expect((await app.get(`/flow_run_states/?flow_run_id=${id}&flow_run_id=x`)).status).toBe(422);
    const { body } = await app.get("/flow_run_states/");
    expect(body.exception_detail[0]).toMatchObject({ type: "missing", loc: ["query", "flow_run_id"] });
  });
});

describe("a member of a body, as pydantic validates it", () => {
  beforeEach(async () => {
    await app.post("/admin/database/clear", { confirm: true });
  });

  const pool = async (member: string, value: unknown) => {
    const answer = await app.post("/work_pools/", { name: "pool", type: "process", [member]: value });
    return answer.status === 201 ? answer.body[member] : answer.status;
  };

  it.each([
    ["2", 2],
    [2.0, 2],
    ["2.0", 2],
    [" 2 ", 2],
    [true, 1],
    [null, null],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    [2 ** 53, 422],
    [1.5, 422],
    ["1.5", 422],
    ["", 422],
    ["1e3", 422],
    [[], 422],
    [{}, 422],
    [-1, 422],
  ])("that is an integer reads %j as %j", async (value, read) => expect(await pool("concurrency_limit", value)).toBe(read));

  it.each([
    ...["true", "YES", "on", "T", "y", "1", 1, true].map((value) => [value, true]),
    ...["false", "No", "OFF", "f", "n", "0", 0, false].map((value) => [value, false]),
    ...["maybe", "", " true", 2, -1, null, [], {}].map((value) => [value, 422]),
  ])("that is a boolean reads %j as %j", async (value, read) => expect(await pool("is_paused", value)).toBe(read));

  it.each([id.toUpperCase(), id.replaceAll("-", ""), `{${id}}`, `urn:uuid:${id}`, id])("that is an id reads %s", async (text) => {
    const answer = await app.post("/flow_runs/filter", { flow_runs: { id: { any_: [text] } } });
    expect(answer.status).toBe(200);
    await app.post("/events", [{ id: text, occurred: "2035-01-01", event: "x", resource: { "prefect.resource.id": "x" } }]);
    const { body } = await app.post("/events/filter", { filter: { id: { id: [text] }, occurred: { until: "2036-01-01" } } });
    expect(body.events.map((event: { id: string }) => event.id)).toEqual([id]);
  });

  it.each([
    `${id}0`,
    id.slice(1),
    `{${id}`,
    `${id}}`,
    `urn:${id}`,
    `urn:uuid:{${id}}`,
    id.replace("-", ""),
    ` ${id}`,
    "",
    5,
    null,
  ])("that is an id refuses %j", async (value) => {
    expect((await app.post("/flow_runs/filter", { flow_runs: { id: { any_: [value] } } })).status).toBe(422);
  });

  it.each([
    ["2035-01-01T12:00:00Z", "2035-01-01T12:00:00.000000Z"],
    ["2035-01-01T12:00:00.1234567+02:00", "2035-01-01T10:00:00.123456Z"],
    ["2035-01-01 12:00:00", "2035-01-01T12:00:00.000000Z"],
    ["2035-01-01", "2035-01-01T00:00:00.000000Z"],
    ["20350101T000000Z", "2035-01-01T00:00:00.000000Z"],
    [2_051_222_400, "2035-01-01T00:00:00.000000Z"],
    ["2051222400.5", "2035-01-01T00:00:00.500000Z"],
    ["2035-02-29T00:00:00Z", 422],
    ["2035-01-01T24:00:01Z", 422],
    ["01/02/2035", 422],
    ["tomorrow", 422],
    ["", 422],
    [true, 422],
    [[], 422],
  ])("that is a time reads %j as %j", async (value, read) => {
    const answer = await app.post("/logs/", [{ name: "x", level: 1, message: "x", timestamp: value }]);
    const { body } = await app.post("/logs/filter", {});
    expect(answer.status === 201 ? body[0].timestamp : answer.status).toBe(read);
  });

  it("keeps numbers and keys of free JSON exactly", async () => {
    const { body: flow } = await app.post("/flows/", { name: "flow" });
    const text =
      '{"a":9007199254740993,"b":-9223372036854775808,"c":0.1,"d":1.5e+300,"":1,"__proto__":{"x":[9007199254740993]},"constructor":1,"$ref":1}';
    const created = await app.post("/flow_runs/", `{"flow_id": "${flow.id}", "name": "run", "parameters": ${text}}`);
    expect(created.status).toBe(201);
    for (const answer of [created, await app.get(`/flow_runs/${created.body.id}`)])
      expect(answer.text).toContain(`"parameters":${text}`);
  });

  it("keeps texts as they were sent", async () => {
    for (const name of [
      "tab\tand\nline",
      "null\0inside",
      "\u0001\u001f",
      "caf\u00e9",
      "cafe\u0301",
      "🚀",
      "\u200b",
      "  blanks  ",
    ]) {
      const { body: flow } = await app.post("/flows/", { name, tags: [name], labels: { [name]: name } });
      expect(flow).toMatchObject({ name, tags: [name], labels: { [name]: name } });
      expect((await app.get(`/flows/name/${encodeURIComponent(name)}`)).body).toEqual(flow);
      expect((await app.post("/flows/count", { flows: { name: { any_: [name] } } })).body).toBe(1);
    }
  });

  it("takes limits and pages as far as numbers go", async () => {
    const send = (path: string, text: string) => app.post(path, text);
    for (const limit of ["201", "9223372036854775808", "1e400", '"201"', "1e300"])
      expect((await send("/flows/filter", `{"limit": ${limit}}`)).body).toEqual({
        detail: "Invalid limit: must be less than or equal to 200.",
      });
    for (const offset of ["1000000000", "9007199254740993", "9223372036854775807", "18446744073709551616"]) {
      expect(await send("/flows/filter", `{"offset": ${offset}}`)).toMatchObject({ status: 200, body: [] });
      expect(await send("/flows/paginate", `{"page": ${offset}}`)).toMatchObject({ status: 200, body: { results: [] } });
    }
    expect((await send("/flows/filter", '{"offset": -9223372036854775809}')).status).toBe(422);
    expect((await send("/flows/filter", '{"offset": 1e400}')).status).toBe(422);
  });
});
