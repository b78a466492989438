import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { components } from "../../.cache/openapi/api.d.ts";
import { type ApiClient, apiClient, dataOf, done } from "../support/api-client.ts";
import { type Client, eventually, makeClient } from "./support/client.ts";
import { CLIENTS, type ClientName } from "./support/install-clients.ts";
import { type Server, startServer } from "./support/server.ts";

const made = z.object({
  program: z.object({ id: z.string(), name: z.string(), within: z.number(), enabled: z.boolean() }),
  deployment: z.object({ deployment_id: z.string(), names: z.array(z.string()) }),
});

type AutomationCreate = components["schemas"]["AutomationCreate"];

/** Automations made, changed and deleted by the real command line, by programs and by deployments. */
export function describeAutomations(name: ClientName): void {
  describe(`automations by Prefect ${CLIENTS[name]}`, () => {
    let server: Server;
    let client: Client;
    let api: ApiClient;
    let found: z.infer<typeof made>;

    beforeAll(async () => {
      server = await startServer({ MILLIWAYS_TICK_SECONDS: "2" });
      client = makeClient(name, { apiUrl: server.apiUrl });
      api = apiClient(server.apiUrl);
      found = made.parse(await client.runFlow("automations.py"));
    });
    afterAll(async () => {
      await client?.close();
      await server?.stop();
    });

    const named = (wanted: string) =>
      dataOf(api.POST("/automations/filter", { body: { automations: { name: { any_: [wanted] } } } }));
    /** Creates one by the command line where it can, else as the interface does. */
    const create = async (body: AutomationCreate) => {
      if (name === "seed") await dataOf(api.POST("/automations/", { body }));
      else await client.prefect("automation", "create", "--from-json", JSON.stringify(body));
    };

    it("are made and changed by a program, which reads what it made", () => {
      expect(found.program).toMatchObject({ name: "renamed", within: 90, enabled: true });
    });

    it("of a deployment's triggers are replaced when it is deployed again", async () => {
      const { deployment_id, names } = found.deployment;
      expect(names).toEqual(["by-trigger__automation_2", "on ping"]);
      const [onPing, another] = await named("on ping");
      expect(another).toBeUndefined();
      expect(onPing?.actions).toMatchObject([
        { type: "run-deployment", source: "selected", deployment_id, parameters: { name: "{{ event.resource.id }}" } },
      ]);
    });

    /** Emits an event by the command line where it can. */
    const emit = async (event: string, id: string) => {
      if (name !== "seed") return void (await client.prefect("event", "emit", event, "--resource-id", id));
      const occurred = new Date().toISOString();
      await done(api.POST("/events", { body: [{ id: randomUUID(), occurred, event, resource: { "prefect.resource.id": id } }] }));
    };

    it("can wait for events that the command line emits, and are seen in its stream", async () => {
      const stream = client.startPrefect("event", "stream", "--format", "json");
      await eventually(
        async () => {
          await emit("towel.dried", "towel.1");
          return stream.output();
        },
        (output) => output.includes("towel.dried"),
      );
      await stream.interrupt();
      const filter = { event: { name: ["towel.dried"] } };
      const { events } = await dataOf(api.POST("/events/filter", { body: { filter } }));
      expect(events[0]).toMatchObject({ event: "towel.dried", resource: { "prefect.resource.id": "towel.1" } });
    });

    it("are created, listed, inspected, paused, resumed and deleted", async () => {
      const trigger: AutomationCreate["trigger"] = { type: "event", posture: "Reactive", expect: ["thing.happened"] };
      await create({ name: "towel", trigger, actions: [{ type: "do-nothing" }] });
      expect(await client.prefect("automation", "ls")).toContain("towel");
      expect(await client.prefect("automation", "inspect", "towel")).toContain("thing.happened");
      await client.prefect("automation", "pause", "towel");
      const [paused] = await named("towel");
      expect(paused?.enabled).toBe(false);
      await client.prefect("automation", "resume", "--id", paused?.id ?? "");
      expect(await named("towel")).toMatchObject([{ id: paused?.id, enabled: true }]);
      await client.prefect("automation", "delete", "towel");
      await expect(client.prefect("automation", "inspect", "towel")).rejects.toThrow(/not found/i);
      expect(await named("towel")).toEqual([]);
    });
  });
}
