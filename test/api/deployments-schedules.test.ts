import { beforeEach, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";
import { daily, deploymentTools, nobody, week } from "../support/deployments.ts";

const interval = { interval: 3600, anchor_date: "2035-01-01T00:00:00Z" };

describe("schedules of a deployment", () => {
  let app: TestApp;
  let flow: string;
  const tools = deploymentTools(() => app);
  beforeEach(async () => {
    app = await testApp();
    flow = await tools.flow();
  });
  const slugs = async (id: string) =>
    (await app.get(`/deployments/${id}/schedules`)).body.map((s: { slug: string }) => s.slug).sort();

  it("are added, listed with those changed last first, changed and removed", async () => {
    const d = await tools.deploy(flow);
    const path = `/deployments/${d.id}/schedules`;
    const made = await app.post(path, [
      { schedule: interval, slug: "a", max_scheduled_runs: 5, parameters: { n: 1 } },
      { schedule: daily, active: false, slug: "b" },
    ]);
    expect(made.status).toBe(201);
    expect(made.body.map((s: { slug: string }) => s.slug)).toEqual(["a", "b"]);
    const [a, b] = made.body;
    expect((await app.get(path)).body).toEqual([b, a]);
    expect((await app.patch(`${path}/${a.id}`, { active: false, slug: null })).status).toBe(204);
    const [changed] = (await app.get(path)).body;
    expect(changed).toMatchObject({
      id: a.id,
      slug: "a",
      active: false,
      max_scheduled_runs: 5,
      parameters: {},
      schedule: a.schedule,
    });
    expect((await app.get(`/deployments/${d.id}`)).body).toMatchObject({
      updated: d.updated,
      schedules: [{ id: a.id }, { id: b.id }],
    });
    expect((await app.delete(`${path}/${b.id}`)).status).toBe(204);
    expect((await app.get(path)).body).toEqual([changed]);
    expect((await app.delete(`${path}/${b.id}`)).body).toEqual({ detail: "Schedule not found." });
    expect((await app.patch(`${path}/${b.id}`, {})).body).toEqual({ detail: "Schedule not found." });
  });

  it("keep what they were when a slug is taken", async () => {
    const d = await tools.deploy(flow, { schedules: [{ schedule: daily, slug: "a" }] });
    const path = `/deployments/${d.id}/schedules`;
    expect(
      (
        await app.post(path, [
          { schedule: daily, slug: "b" },
          { schedule: daily, slug: "a" },
        ])
      ).status,
    ).toBe(409);
    expect(await slugs(d.id)).toEqual(["a"]);
  });

  it.each([
    [{ schedule: daily }],
    [[{ schedule: daily, max_scheduled_runs: 0 }]],
    [[{ schedule: daily, active: null }]],
    [[{ schedule: { cron: "wrong" } }]],
    [[{ schedule: { ...interval, cron: "* * * * *" } }]],
    [[{}]],
  ])("are refused: %j", async (body) => {
    const d = await tools.deploy(flow);
    expect((await app.post(`/deployments/${d.id}/schedules`, body)).status).toBe(422);
  });

  it("of an unknown deployment are not found", async () => {
    const detail = "Deployment not found.";
    const path = `/deployments/${nobody}/schedules`;
    expect((await app.get(path)).body).toEqual({ detail });
    expect((await app.post(path, [])).body).toEqual({ detail });
    expect((await app.post(path, [{ schedule: daily }])).body).toEqual({ detail });
    expect((await app.patch(`${path}/${nobody}`, {})).body).toEqual({ detail });
    expect((await app.delete(`${path}/${nobody}`)).body).toEqual({ detail });
  });

  it("change by slug in an update of the deployment, and swap their slugs", async () => {
    const { id, schedules } = await tools.deploy(flow, {
      schedules: [
        { schedule: daily, slug: "a", parameters: { n: 1 } },
        { schedule: daily, slug: "b" },
      ],
    });
    const idOf = (list: { slug: string; id: string }[], slug: string) => list.find((s) => s.slug === slug)?.id;
    await app.patch(`/deployments/${id}`, {
      schedules: [
        { slug: "a", schedule: interval },
        { slug: "c", schedule: daily },
      ],
    });
    const after = (await app.get(`/deployments/${id}/schedules`)).body;
    expect(after).toHaveLength(3);
    expect(after.find((s: { slug: string }) => s.slug === "a")).toMatchObject({
      id: idOf(schedules, "a"),
      parameters: {},
      schedule: { interval: 3600 },
    });
    const swap = [
      { slug: "b", replaces: "a" },
      { slug: "a", replaces: "b" },
    ];
    expect((await app.patch(`/deployments/${id}`, { schedules: swap })).status).toBe(204);
    const swapped = (await app.get(`/deployments/${id}/schedules`)).body;
    expect([idOf(swapped, "a"), idOf(swapped, "b")]).toEqual([idOf(schedules, "b"), idOf(schedules, "a")]);
    const refused = await app.patch(`/deployments/${id}`, { description: "x", schedules: [{ slug: "new" }] });
    expect([refused.status, (await app.get(`/deployments/${id}`)).body.description]).toEqual([422, null]);
  });

  it("are replaced in an update where one has no slug", async () => {
    const { id } = await tools.deploy(flow, { schedules: [{ schedule: daily }, { schedule: daily, slug: "b" }] });
    await app.patch(`/deployments/${id}`, { schedules: [{ schedule: daily, slug: "x", active: false }, { slug: "y" }] });
    expect(await slugs(id)).toEqual(["x"]);
    expect((await app.get(`/deployments/${id}/schedules`)).body[0].active).toBe(false);
  });

  describe("make runs", () => {
    const make = (id: string, body: object = week) => app.post(`/deployments/${id}/schedule`, body);

    it("with all that a run of a schedule has, in two round trips, and tell nobody", async () => {
      const d = await tools.deploy(flow, {
        version: "3",
        tags: ["t"],
        parameters: { a: 1, b: { __prefect_kind: "json", value: "1" } },
        work_queue_name: "q",
        schedules: [{ schedule: daily, slug: "dawn", parameters: { a: 2 } }],
      });
      const answer = await make(d.id, { ...week, end_time: "2035-01-01T12:00:00Z" });
      expect([answer.status, answer.body, answer.roundTrips]).toEqual([200, null, 2]);
      const [run, ...others] = (await app.post("/flow_runs/filter", {})).body;
      expect(others).toEqual([]);
      const [{ id: schedule_id }] = d.schedules;
      expect(run).toMatchObject({
        deployment_id: d.id,
        deployment_version: "3",
        work_queue_name: "q",
        work_queue_id: d.work_queue_id,
        parameters: { a: 2, b: { __prefect_kind: "json", value: "1" } },
        tags: ["auto-scheduled", "t"],
        labels: { "prefect.flow.id": flow, "prefect.deployment.id": d.id },
        idempotency_key: `scheduled ${d.id} ${schedule_id} 2035-01-01 09:00:00+00:00`,
        auto_scheduled: true,
        job_variables: {},
        created_by: { id: schedule_id, type: "SCHEDULE", display_value: "dawn" },
        expected_start_time: "2035-01-01T09:00:00.000000Z",
        next_scheduled_start_time: "2035-01-01T09:00:00.000000Z",
        run_count: 0,
        state: { type: "SCHEDULED", name: "Scheduled", message: "Flow run scheduled" },
      });
      expect(run.state.state_details).toMatchObject({ scheduled_time: "2035-01-01T09:00:00.000000Z", flow_run_id: null });
      expect((await app.get(`/flow_run_states/?flow_run_id=${run.id}`)).body).toEqual([run.state]);
      const tagged = { flow_runs: { tags: { all_: ["auto-scheduled", "t"] } } };
      expect((await app.post("/flow_runs/count", tagged)).body).toBe(1);
      const { rows } = await app
        .deps()
        .db.execute({ sql: "select count(*) from event where event like 'prefect.flow-run.%'", args: [] });
      expect(rows[0]?.[0]).toBe(0);
    });

    it("once for each date, while its run is there in any state, also at the same time", async () => {
      const d = await tools.deploy(flow, { schedules: [{ schedule: daily, slug: "s" }] });
      await Promise.all([make(d.id), make(d.id), make(d.id)]);
      expect(await tools.expected(d.id)).toHaveLength(4);
      const [first, second] = (await app.post("/flow_runs/filter", { sort: "EXPECTED_START_TIME_ASC" })).body;
      await app.post(`/flow_runs/${first.id}/set_state`, { state: { type: "CANCELLED" }, force: true });
      await app.delete(`/flow_runs/${second.id}`);
      await make(d.id);
      expect(await tools.expected(d.id)).toHaveLength(4);
      expect((await app.get(`/flow_runs/${first.id}`)).body.state_type).toBe("CANCELLED");
      expect((await app.get(`/flow_runs/${second.id}`)).status).toBe(404);
    });

    it("only of active schedules, also of a paused deployment; none for an unknown one", async () => {
      const d = await tools.deploy(flow, {
        paused: true,
        schedules: [{ schedule: daily }, { schedule: interval, active: false }],
      });
      await make(d.id);
      expect(await tools.expected(d.id)).toHaveLength(4);
      expect((await make(nobody)).status).toBe(200);
    });

    it.each([[{ start_time: "tomorrow" }], [{ min_time: "PT1H" }], [{ min_runs: "many" }], [{ max_runs: 1.5 }]])(
      "but not for %j",
      async (body) => {
        const d = await tools.deploy(flow);
        expect((await make(d.id, body)).status).toBe(422);
      },
    );
  });
});
