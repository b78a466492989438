import { describe, expect, it } from "vitest";
import type { Action } from "../../src/schemas/automations/actions.ts";
import { testApp } from "../support/app.ts";
import { causeOf, fire, queued, saveBlock } from "../support/automation-actions.ts";
import { startReceiver } from "../support/receiver.ts";

const privately = { MILLIWAYS_ALLOW_PRIVATE_URLS: "1", MILLIWAYS_UI_URL: "https://ui.example.com/" };
const call = (block_document_id: string, payload = ""): Action => ({ type: "call-webhook", block_document_id, payload });
const tell = (block_document_id: string, more: object = {}): Action => ({
  type: "send-notification",
  block_document_id,
  subject: "Prefect automated notification",
  body: "plain",
  ...more,
});

describe("call-webhook", () => {
  it("sends the rendered payload as it is, without a content type, and tells the answer", async () => {
    await using receiver = await startReceiver(() => ({
      status: 404,
      body: "x".repeat(2000),
      headers: {
        "x-answer": "yes",
        "x-forwarded-for": "1.2.3.4",
        via: "p",
        "x-prefect-version": "3",
        "content-type": "text/plain",
      },
    }));
    const app = await testApp(privately);
    const block = await saveBlock(
      app,
      "webhook",
      { method: "PUT", url: `${receiver.url}/in`, headers: { "X-Token": "t0ken" } },
      "hook",
    );
    const cause = causeOf({ payload: { n: 5 } });
    const { ends, invocations } = await fire(app, [call(block, 'n is {{ event.payload.n }}, "{{ event.resource.id }}"')], cause);
    const [got] = receiver.received;
    expect([receiver.received.length, got?.method, got?.path, got?.body]).toEqual([1, "PUT", "/in", 'n is 5, "thing.1"']);
    expect(got?.headers).toMatchObject({ "x-token": "t0ken", "idempotency-key": invocations[0] });
    expect(got?.headers).not.toHaveProperty("content-type");
    const { payload, related, event } = ends[0];
    expect([event, payload.status_code]).toEqual(["prefect.automation.action.executed", 404]);
    expect(payload.response_body).toBe(`${"x".repeat(500)}...1000 additional characters...${"x".repeat(500)}`);
    expect(payload.response_headers).toMatchObject({ "x-answer": "yes" });
    for (const name of ["x-forwarded-for", "via", "x-prefect-version"]) expect(payload.response_headers).not.toHaveProperty(name);
    expect(related.slice(0, 2)).toEqual([
      {
        "prefect.resource.id": `prefect.block-document.${block}`,
        "prefect.resource.role": "block",
        "prefect.resource.name": "hook",
      },
      { "prefect.resource.id": "prefect.block-type.webhook", "prefect.resource.role": "block-type" },
    ]);
    expect(JSON.stringify(ends)).not.toContain("t0ken");
    const filter = { event: { name: ["prefect.block.webhook.loaded"] } };
    const loaded = (await app.post("/events/filter", { filter })).body.events;
    expect(loaded).toHaveLength(1);
    expect(loaded[0]).toMatchObject({
      resource: { "prefect.resource.id": `prefect.block-document.${block}`, "prefect.resource.name": "hook" },
    });
  });

  it("sends the empty payload, too, and with the block's own headers", async () => {
    await using receiver = await startReceiver();
    const app = await testApp(privately);
    const headers = { "content-type": "application/x-thing", "Idempotency-Key": "mine" };
    await fire(app, [call(await saveBlock(app, "webhook", { url: receiver.url, headers }))]);
    const [got] = receiver.received;
    expect([got?.method, got?.body, got?.headers["content-type"], got?.headers["idempotency-key"]]).toEqual([
      "POST",
      "",
      "application/x-thing",
      "mine",
    ]);
  });

  it("fails at once, for reasons without addresses and secrets, and goes nowhere private", async () => {
    await using receiver = await startReceiver();
    const [open, closed] = [await testApp(privately), await testApp()];
    const { url: gone } = await (async () => {
      await using other = await startReceiver();
      return { url: other.url };
    })();
    const reasonOf = async (app: typeof open, slug: string, data: object, payload = "") =>
      (await fire(app, [call(await saveBlock(app, slug, data, crypto.randomUUID()), payload)])).ends[0].payload;
    expect((await reasonOf(open, "webhook", { url: `${gone}/T0KEN` })).reason).toBe(
      "Webhook call failed: The server could not be reached.",
    );
    expect((await reasonOf(closed, "webhook", { url: `${receiver.url}/T0KEN` })).reason).toBe(
      "Webhook call failed: The address is not public.",
    );
    expect((await reasonOf(open, "webhook", { url: receiver.url, allow_private_urls: false })).reason).toBe(
      "Webhook call failed: The address is not public.",
    );
    expect((await reasonOf(open, "webhook", { url: "T0KEN" })).reason).toBe("The webhook block was invalid: ValueError('url')");
    expect((await reasonOf(open, "secret", { value: "T0KEN" })).reason).toBe("The referenced block was not a webhook block");
    const bad = await reasonOf(open, "webhook", { url: receiver.url }, "a {{ 1 / 0 }}");
    expect(bad).toMatchObject({
      reason: "Template rendering failed: ZeroDivisionError('division by zero')",
      template_error: "Failed to render template due to the following error: ZeroDivisionError('division by zero')",
      template_source: "a {{ 1 / 0 }}",
    });
    expect(receiver.received).toEqual([]);
    expect(await queued(open)).toEqual({ waiting: 0, dead: 0, firings: 0 });
  });
});

describe("send-notification", () => {
  it("delivers subject and body, rendered, through a block that can notify", async () => {
    await using receiver = await startReceiver();
    const app = await testApp(privately);
    const data = {
      name: "here",
      url: `${receiver.url}/in`,
      method: "POST",
      json_data: { title: "{{subject}}", text: "{{body}}" },
    };
    const block = await saveBlock(app, "custom-webhook", data, "note");
    const body = "{{ automation.name }}: n = {{ event.payload.n }} {{ event.url }}";
    const { ends } = await fire(
      app,
      [tell(block, { subject: "{{ event.event }}", body }), tell(block)],
      causeOf({ payload: { n: 5 } }),
    );
    expect(ends.map(({ event, payload }: { event: string; payload: object }) => [event, "status_code" in payload])).toEqual(
      Array(2).fill(["prefect.automation.action.executed", false]),
    );
    const bodies = receiver.received.map(({ body }) => JSON.parse(body));
    expect(bodies).toContainEqual({ title: "Prefect automated notification", text: "plain" });
    const rendered = bodies.find(({ title }) => title === "it.happened");
    expect(rendered.text).toMatch(
      /^the automation: n = 5 https:\/\/ui\.example\.com\/events\/event\/\d{4}-\d\d-\d\d\/[0-9a-f-]{36}$/,
    );
  });

  it("fails at once where the service refuses it or the block cannot notify", async () => {
    await using receiver = await startReceiver(() => ({ status: 400 }));
    const app = await testApp(privately);
    const slack = await saveBlock(app, "slack-webhook", { url: `${receiver.url}/T0KEN` });
    const { ends } = await fire(app, [tell(slack), tell(await saveBlock(app, "secret", { value: "T0KEN" }))]);
    expect(ends.map((e: { payload: object }) => e.payload)).toMatchObject([
      { reason: "Notification failed", notification_log: "The service responded with status 400." },
      { reason: "The referenced block was not a notification block" },
    ]);
    expect(JSON.stringify(ends)).not.toContain("T0KEN");
    expect(receiver.received).toHaveLength(1);
  });
});
