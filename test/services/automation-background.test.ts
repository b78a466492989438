import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { testApp } from "../support/app.ts";
import { queued, saveBlock, toldBy } from "../support/automation-actions.ts";
import { automationBody, onEvent } from "../support/automations.ts";
import { startReceiver } from "../support/receiver.ts";

const happened = (event: string) => ({
  id: randomUUID(),
  event,
  occurred: new Date().toISOString(),
  resource: { "prefect.resource.id": `thing.${event}` },
});

describe("automations in the background of a request", () => {
  it("do what its events fire, and what those actions tell fires others", async () => {
    const app = await testApp();
    const make = async (more: object): Promise<string> => (await app.post("/automations/", automationBody(more))).body.id;
    const flow_id = (await app.post("/flows/", { name: "etl" })).body.id;
    const deployment_id = (await app.post("/deployments/", { name: "d", flow_id })).body.id;
    const first = await make({ trigger: onEvent({ expect: ["it.happened"] }), actions: [{ type: "do-nothing" }] });
    const second = await make({
      trigger: onEvent({ expect: ["prefect.automation.action.executed"] }),
      actions: [{ type: "run-deployment", deployment_id, parameters: { by: "{{ event.payload.action_type }}" } }],
    });
    expect((await app.post("/events", [happened("it.happened")])).status).toBe(204);
    await app.settled();
    const [run, ...more] = (await app.post("/flow_runs/filter", {})).body;
    expect([more, run.parameters, run.created_by.id]).toEqual([[], { by: "do-nothing" }, second]);
    for (const id of [first, second]) {
      expect(await toldBy(app, id, ["prefect.automation.triggered"])).toHaveLength(1);
      expect(await toldBy(app, id, ["prefect.automation.action.executed"])).toHaveLength(1);
    }
    expect(await queued(app)).toEqual({ waiting: 0, dead: 0, firings: 0 });
  });

  it("pause and resume others, which is told and holds for the events after", async () => {
    const app = await testApp();
    const make = async (more: object): Promise<string> => (await app.post("/automations/", automationBody(more))).body.id;
    const watched = await make({ trigger: onEvent({ expect: ["it.happened"] }), actions: [{ type: "do-nothing" }] });
    const pause = { type: "pause-automation", automation_id: watched };
    const resume = { type: "resume-automation", source: "inferred" };
    await make({ trigger: onEvent({ expect: ["it.broke"] }), actions: [pause] });
    await make({ trigger: onEvent({ expect: ["it.works"] }), actions: [resume] });
    const enabled = async () => (await app.get(`/automations/${watched}`)).body.enabled;
    const send = async (event: object) => {
      await app.post("/events", [event]);
      await app.settled();
    };
    await send(happened("it.broke"));
    expect(await enabled()).toBe(false);
    await send(happened("it.happened"));
    await send({ ...happened("it.works"), resource: { "prefect.resource.id": `prefect.automation.${watched}` } });
    expect(await enabled()).toBe(true);
    await send(happened("it.happened"));
    expect(await toldBy(app, watched, ["prefect.automation.triggered"])).toHaveLength(1);
    expect(await toldBy(app, watched, ["prefect.automation.updated"])).toHaveLength(2);
  });

  it("are not waited for: a webhook that does not answer holds up neither the request nor other automations", async () => {
    await using slow = await startReceiver(() => null);
    const app = await testApp({ MILLIWAYS_ALLOW_PRIVATE_URLS: "1" });
    const block_document_id = await saveBlock(app, "webhook", { url: slow.url });
    const calls = Array(10).fill({ type: "call-webhook", block_document_id });
    await app.post("/automations/", automationBody({ trigger: onEvent({ expect: ["it.is.slow"] }), actions: calls }));
    const quick = (
      await app.post(
        "/automations/",
        automationBody({ trigger: onEvent({ expect: ["it.is.quick"] }), actions: [{ type: "do-nothing" }] }),
      )
    ).body.id;
    expect((await app.post("/events", [happened("it.is.slow")])).status).toBe(204);
    const settled = app.settled();
    await expect.poll(() => slow.received.length).toBe(3);
    await app.post("/events", [happened("it.is.quick")]);
    await expect.poll(async () => (await toldBy(app, quick, ["prefect.automation.action.executed"])).length).toBe(1);
    expect(slow.received.length).toBe(3);
    // Whoever waits for an answer gets none any more.
    await slow[Symbol.asyncDispose]();
    await settled;
  });
});
