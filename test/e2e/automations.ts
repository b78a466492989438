import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { type Api, makeApi } from "./support/api.ts";
import { type Client, makeClient } from "./support/client.ts";
import { CLIENTS, type ClientName } from "./support/install-clients.ts";
import { type Server, startServer } from "./support/server.ts";

const made = z.object({
  program: z.object({ id: z.string(), name: z.string(), within: z.number(), enabled: z.boolean() }),
  deployment: z.object({ deployment_id: z.string(), names: z.array(z.string()) }),
});
const commands = z.array(z.object({ command: z.string(), status: z.number(), output: z.string() }));
const automation = z.object({ id: z.string(), name: z.string(), enabled: z.boolean(), actions: z.array(z.unknown()) });

/** Automations made, changed and deleted by the real command line, by programs and by deployments. */
export function describeAutomations(name: ClientName): void {
  describe(`automations by Prefect ${CLIENTS[name]}`, () => {
    let server: Server;
    let client: Client;
    let api: Api;
    let found: z.infer<typeof made>;

    beforeAll(async () => {
      server = await startServer({ MILLIWAYS_TICK_SECONDS: "2" });
      client = makeClient(name, { apiUrl: server.apiUrl });
      api = makeApi(server.apiUrl);
      found = made.parse(await client.runFlow("automations.py"));
    });
    afterAll(async () => {
      await client?.close();
      await server?.stop();
    });

    const prefect = async (...asked: string[][]) => commands.parse(await client.runFlow("cli.py", JSON.stringify(asked)));
    const named = async (wanted: string) =>
      z.array(automation).parse(await api.post("/automations/filter", { automations: { name: { any_: [wanted] } } }));
    /** Creates one by the command line where it can, else as the interface does. */
    const create = async (body: object) => {
      if (name === "seed") await api.post("/automations/", body);
      else expect(await prefect(["automation", "create", "--from-json", JSON.stringify(body)])).toMatchObject([{ status: 0 }]);
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

    it("are created, listed, inspected, paused, resumed and deleted", async () => {
      const trigger = { type: "event", posture: "Reactive", expect: ["thing.happened"], threshold: 1, within: 0 };
      await create({ name: "towel", trigger, actions: [{ type: "do-nothing" }] });
      const [listed, inspected] = await prefect(
        ["automation", "ls"],
        ["automation", "inspect", "towel"],
        ["automation", "pause", "towel"],
      );
      expect(listed?.output).toContain("towel");
      expect(inspected?.output).toContain("thing.happened");
      const [paused] = await named("towel");
      expect(paused?.enabled).toBe(false);
      const resumed = await prefect(["automation", "resume", "--id", paused?.id ?? ""]);
      expect(resumed).toMatchObject([{ status: 0 }]);
      expect(await named("towel")).toMatchObject([{ id: paused?.id, enabled: true }]);
      const outcomes = await prefect(["automation", "delete", "towel"], ["automation", "inspect", "towel"]);
      expect(outcomes.map(({ status }) => status)).toEqual([0, 1]);
      expect(await named("towel")).toEqual([]);
    });
  });
}
