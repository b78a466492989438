import { describe, expect, it } from "vitest";
import { shapeOfRequest } from "../e2e/support/recorder.ts";
import { filledIn } from "./interface-asks.ts";

const NOW = Date.parse("2026-11-30T12:00:00Z");
const shape = (method: string, path: string, body: unknown = null, now = NOW) =>
  shapeOfRequest({
    method,
    url: new URL(`http://host/prefect/api${path}`),
    body: body === null ? null : JSON.stringify(body),
    now,
  });
const id = (digit: number) => `0194f5c0-0000-7000-8000-00000000000${digit}`;

describe("the shape of a request of the interface", () => {
  it("has the kinds of ids in place of ids, in paths and bodies", () => {
    expect(shape("GET", `/deployments/${id(1)}`).path).toBe("/deployments/{deployment_id}");
    expect(shape("GET", `/flow_runs/${id(1)}/graph-v2`).path).toBe("/flow_runs/{flow_run_id}/graph-v2");
    const body = {
      flow_runs: { id: { any_: [id(1), id(2)] }, deployment_id: { any_: [id(3)] } },
      filter: { resource: { id: [`prefect.automation.${id(4)}`] } },
    };
    expect(shape("POST", "/flow_runs/filter", body).body).toEqual({
      flow_runs: { id: { any_: ["{flow_run_id}"] }, deployment_id: { any_: ["{deployment_id}"] } },
      filter: { resource: { id: ["prefect.automation.{automation_id}"] } },
    });
  });

  it("is the same a minute later, with times as seconds from now", () => {
    const asked = (now: number) =>
      shape("POST", "/flow_runs/count", { flow_runs: { start_time: { after_: new Date(now - 3_600_000).toISOString() } } }, now);
    expect(asked(NOW).body).toEqual({ flow_runs: { start_time: { after_: "{now-3600}" } } });
    expect(asked(NOW + 61_000)).toEqual(asked(NOW));
    expect(shape("GET", `/flow_runs/${id(1)}/graph-v2?since=2026-11-30T11%3A00%3A00.000Z`).path).toBe(
      "/flow_runs/{flow_run_id}/graph-v2?since={now-3600}",
    );
  });

  it("becomes a request again with the ids and the time of a large world", () => {
    const filled = filledIn('{"id":"{flow_run_id}","after":"{now-60}","other":"{automation_id}"}', 10);
    const { id: run, after, other } = JSON.parse(filled);
    expect([run, other]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect(run).not.toBe(other);
    expect(new Date(after).toISOString()).toBe(after);
  });
});
