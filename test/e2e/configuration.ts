import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { dataOf } from "../support/api-client.ts";
import { type Api, makeApi } from "./support/api.ts";
import { type Client, eventually, makeClient } from "./support/client.ts";
import { CLIENTS, type ClientName } from "./support/install-clients.ts";
import { type Server, startServer } from "./support/server.ts";

const uses = z.object({
  flow_run_id: z.string(),
  secret_is_loaded: z.boolean(),
  artifact_id: z.string(),
  answer: z.unknown(),
  fallback: z.unknown(),
  result: z.unknown(),
  storage_block_id: z.string(),
  block_id: z.string(),
});

/** Blocks, variables, artifacts and what else is configured, with the real command line and in real flows. */
export function describeConfiguration(name: ClientName): void {
  describe(`the configuration by Prefect ${CLIENTS[name]}`, () => {
    const secret = `ford-prefect-${crypto.randomUUID()}`;
    const folder = mkdtempSync(join(tmpdir(), "milliways-results-"));
    let server: Server;
    let client: Client;
    let api: Api;
    let used: z.infer<typeof uses>;

    beforeAll(async () => {
      server = await startServer({ MILLIWAYS_TICK_SECONDS: "2" });
      client = makeClient(name, { apiUrl: server.apiUrl });
      api = makeApi(server.apiUrl);
      used = uses.parse(await client.runFlow("configuration.py", secret, folder));
    });
    afterAll(async () => {
      await client?.close();
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Runs commands of the command line one after the other; returns their outputs. */
    const prefect = async (...asked: string[][]): Promise<string[]> => {
      const outputs: string[] = [];
      for (const args of asked) outputs.push(await client.prefect(...args));
      return outputs;
    };

    it("loads a secret, sets and reads variables, makes artifacts and stores results by a block in a flow", () => {
      expect(used).toMatchObject({
        secret_is_loaded: true,
        answer: { value: 42 },
        fallback: "unknown",
        result: { kept: [1, 2, 3] },
        storage_block_id: used.block_id,
      });
      expect(readdirSync(folder)).not.toEqual([]);
    });

    it("handles blocks", async () => {
      const [types, listed, inspected, , again, left] = await prefect(
        ["block", "type", "ls"],
        ["block", "ls"],
        ["block", "inspect", "secret/door"],
        ["block", "delete", "local-file-system/results"],
        ["block", "register", "--module", "prefect.blocks.notifications"],
        ["block", "ls"],
      );
      expect(types).toContain("local-file-system");
      expect(listed).toContain("secret/door");
      expect(listed).toContain("local-file-system/results");
      expect(inspected).toContain("********");
      expect(inspected).not.toContain(secret);
      expect(again).toContain("Slack");
      expect(left).not.toContain("local-file-system/results");
    });

    it("handles variables", async () => {
      const [, got, , again, inspected, listed, , gone] = await prefect(
        ["variable", "set", "towel", "blue"],
        ["variable", "get", "towel"],
        ["variable", "set", "towel", '{"colour": "red"}', "--overwrite", "--tag", "home"],
        ["variable", "get", "towel"],
        ["variable", "inspect", "towel"],
        ["variable", "ls"],
        ["variable", "unset", "towel"],
        ["variable", "ls"],
      );
      expect(got).toContain("blue");
      expect(again).toContain("red");
      expect(inspected).toContain("home");
      expect(listed).toContain("towel");
      expect(gone).not.toContain("towel");
    });

    it("handles artifacts", async () => {
      const [listed, inspected, , left] = await prefect(
        ["artifact", "ls"],
        ["artifact", "inspect", "rows"],
        ["artifact", "delete", "towels"],
        ["artifact", "ls"],
      );
      expect(listed).toContain("rows");
      expect(listed).toContain("towels");
      expect(inspected).toContain(used.artifact_id);
      expect(inspected).toContain("of the flow");
      expect(left).not.toContain("towels");
      expect(await dataOf(api.client.GET("/artifacts/{id}", { params: { path: { id: used.artifact_id } } }))).toMatchObject({
        flow_run_id: used.flow_run_id,
        type: "table",
      });
    });

    it("handles work pools", async () => {
      const [, , listed, , paused, , , , , left] = await prefect(
        ["work-pool", "create", "bar", "--type", "process"],
        ["work-pool", "get-default-base-job-template", "--type", "process"],
        ["work-pool", "ls"],
        ["work-pool", "pause", "bar"],
        ["work-pool", "inspect", "bar"],
        ["work-pool", "resume", "bar"],
        ["work-pool", "set-concurrency-limit", "bar", "3"],
        ["work-pool", "clear-concurrency-limit", "bar"],
        ["work-pool", "delete", "bar"],
        ["work-pool", "ls"],
      );
      expect(listed).toContain("bar");
      expect(paused).toMatch(/is_paused['"=: ]+True/i);
      expect(left).not.toContain("bar");
    });

    it("handles limits of both kinds", async () => {
      const [, listed, inspected, , , , global, updated, , left] = await prefect(
        ["concurrency-limit", "create", "by-tag", "4"],
        ["concurrency-limit", "ls"],
        ["concurrency-limit", "inspect", "by-tag"],
        ["concurrency-limit", "reset", "by-tag"],
        ["concurrency-limit", "delete", "by-tag"],
        ["gcl", "create", "global", "--limit", "5", "--slot-decay-per-second", "1.5"],
        ["gcl", "ls"],
        ["gcl", "update", "global", "--limit", "6", "--disable"],
        ["gcl", "delete", "global"],
        ["gcl", "ls"],
      );
      expect(listed).toContain("by-tag");
      expect(inspected).toContain("by-tag");
      expect(global).toContain("global");
      expect(updated).toContain("global");
      expect(left).not.toMatch(/\bglobal\b.*1\.5/);
    });

    it("gives a variable to a served flow as its parameter", async () => {
      const serving = client.startFlow("served_variable.py");
      const wanted = { deployments: { name: { any_: ["asks-variable"] } } };
      const deployments = () => dataOf(api.client.POST("/deployments/filter", { body: wanted }));
      const [deployment] = await eventually(deployments, (all) => all.length === 1);
      const parameters = { answer: { __prefect_kind: "workspace_variable", variable_name: "answer" } };
      const path = { id: deployment?.id ?? "" };
      const run = await dataOf(api.client.POST("/deployments/{id}/create_flow_run", { params: { path }, body: { parameters } }));
      const over = await eventually(
        () => client.readRun(run.id),
        ({ state, logs }) => state === "FAILED" || (state === "COMPLETED" && logs.some((log) => log.includes("the answer is"))),
      );
      expect(over.logs, serving.output()).toContain("the answer is 42");
      await serving.interrupt();
    });

    it("leaves no secret in the files of the database", () => {
      const files = readdirSync(server.folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
      const holding = (text: string) =>
        files.filter((file) => readFileSync(join(file.parentPath, file.name)).includes(text)).map(({ name }) => name);
      expect(holding("local-file-system"), "what is not secret is found").not.toEqual([]);
      expect(holding(secret)).toEqual([]);
    });
  });
}
