import { beforeAll, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";

const id = "00000000-0000-4000-8000-000000000001";

describe("faults of a request", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await testApp();
  });
  const faults = async (path: string, body?: unknown) => {
    const answer = await app.post(path, body);
    expect(answer.status).toBe(422);
    return answer.body.exception_detail as { type: string; loc: (string | number)[]; msg: string; input: unknown }[];
  };
  const pattern = "^[^/%&><]+$";

  it.each([["/flows/"], ["/work_pools/"]])("tell the pattern of a name that does not match (%s)", async (path) => {
    expect(await faults(path, { name: "a/b" })).toMatchObject([
      {
        type: "string_pattern_mismatch",
        loc: ["body", "name"],
        msg: `String should match pattern '${pattern}'`,
        ctx: { pattern },
      },
    ]);
  });

  it.each([[""], ["  "], ["''"]])("tell that a pool has no name (%j)", async (name) => {
    expect(await faults("/work_pools/", { name, type: "process" })).toMatchObject([
      { type: "value_error", loc: ["body", "name"], msg: "Value error, name cannot be an empty string" },
    ]);
  });

  it.each([
    [
      "/variables/",
      { name: "A B", value: 1 },
      "name",
      "Variable name must only contain lowercase letters, numbers, and dashes or underscores.",
    ],
    ["/artifacts/", { key: "A_b" }, "key", "Artifact key must only contain lowercase letters, numbers, and dashes."],
    [
      "/block_types/",
      { name: "n", slug: "A_b" },
      "slug",
      "Block type slug must only contain lowercase letters, numbers, and dashes.",
    ],
    [
      "/block_documents/",
      { name: "A_b", block_schema_id: id, block_type_id: id },
      "name",
      "Block document name must only contain lowercase letters, numbers, and dashes.",
    ],
    [
      `/flow_runs/${id}/input`,
      { key: "A_b", value: "1" },
      "key",
      "value must only contain lowercase letters, numbers, and dashes.",
    ],
  ])("tell which letters a name may have (%s)", async (path, body, member, msg) => {
    expect(await faults(path, body)).toMatchObject([
      {
        type: "value_error",
        loc: ["body", member],
        msg: `Value error, ${msg}`,
        ctx: { error: {} },
      },
    ]);
  });

  it("tell first of a document's name what no name may have", async () => {
    const body = { name: "A/b", block_schema_id: id, block_type_id: id };
    expect(await faults("/block_documents/", body)).toMatchObject([{ type: "string_pattern_mismatch", loc: ["body", "name"] }]);
  });

  it.each([
    [
      "/variables/",
      { name: "a".repeat(256), value: 1 },
      "name",
      "too_long",
      "Value should have at most 255 items after validation, not 256",
      { field_type: "Value", max_length: 255, actual_length: 256 },
    ],
    [
      "/concurrency_limits/",
      { tag: "t", concurrency_limit: -1 },
      "concurrency_limit",
      "greater_than_equal",
      "Input should be greater than or equal to 0",
      { ge: 0 },
    ],
  ])("tell the bound that a text or a number is outside of (%s)", async (path, body, member, type, msg, ctx) => {
    expect(await faults(path, body)).toMatchObject([{ type, loc: ["body", member], msg, ctx }]);
  });

  it("tell how a task may retry", async () => {
    const policy = { retry_delay: Array.from({ length: 51 }, () => 1), retry_jitter_factor: -1 };
    const told = await faults("/task_runs/", { task_key: "k", dynamic_key: "1", empirical_policy: policy });
    expect(told).toMatchObject([
      {
        type: "value_error",
        loc: ["body", "empirical_policy", "retry_delay"],
        msg: "Value error, Can not configure more than 50 retry delays per task.",
      },
      {
        type: "value_error",
        loc: ["body", "empirical_policy", "retry_jitter_factor"],
        msg: "Value error, `retry_jitter_factor` must be >= 0.",
      },
    ]);
  });

  it("come for the known members of an object before its unknown ones", async () => {
    const told = await faults("/work_pools/", {
      zz: 1,
      name: "a/b",
      storage_configuration: { yy: 1, default_result_storage_block_id: 1 },
      concurrency_limit: -1,
      is_paused: "x",
    });
    const last = (loc: (string | number)[]) => loc.at(-1);
    const storage = told.filter(({ loc }) => loc[1] === "storage_configuration");
    expect(storage.map(({ loc }) => last(loc))).toEqual(["default_result_storage_block_id", "yy"]);
    expect(last(told.at(-1)?.loc ?? [])).toBe("zz");
    expect(told).toHaveLength(6);
  });

  it("of a heartbeat without a body name the member that is missing", async () => {
    await app.post("/work_pools/", { name: "p", type: "process" });
    expect(await faults("/work_pools/p/workers/heartbeat")).toEqual([
      { type: "missing", loc: ["body", "name"], msg: "Field required", input: null },
    ]);
  });
});
