import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../src/local/processes.ts";
import { ROOT } from "../../src/local/worker-bundle.ts";
import type { Host } from "./host.ts";

function docker(...args: string[]): { status: number; output: string } {
  const { status, stdout, stderr } = spawnSync("docker", args, { encoding: "utf8", cwd: ROOT, timeout: 600_000 });
  return { status: status ?? 1, output: `${stdout}${stderr}`.trim() };
}

/** Returns whether a Docker engine answers. */
export const hasEngine = (): boolean => docker("info", "--format", "{{.ServerVersion}}").status === 0;

/** Builds the image with a Docker engine. */
export async function engineHost(dockerfile: string): Promise<Host> {
  const name = `milliways-test-${randomUUID()}`;
  const build = docker("build", "--quiet", "--file", dockerfile, "--tag", name, ".");
  if (build.status !== 0) throw new Error(build.output);
  const health = ["node", "src/local/health.ts"];
  const [port = 0] = await freePorts(1);
  const containers: string[] = [];
  return {
    checkNothing: async () => docker("run", "--rm", name, ...health).status,
    start: (variables) => {
      const id = `${name}-${containers.length}`;
      containers.push(id);
      const given = Object.entries(variables).flatMap(([key, value]) => ["--env", `${key}=${value}`]);
      docker("run", "--detach", "--name", id, "--publish", `127.0.0.1:${port}:4200`, "--volume", `${name}:/data`, ...given, name);
      const state = (field: string) => docker("inspect", "--format", `{{.State.${field}}}`, id).output;
      return {
        api: `http://127.0.0.1:${port}/api`,
        output: async () => docker("logs", id).output,
        checkHealth: async () => docker("exec", id, ...health).status,
        users: async () => [docker("exec", id, "id", "-u").output],
        exited: async () => {
          while (state("Running") === "true") await sleep(100);
          return Number(state("ExitCode"));
        },
        stop: async () => {
          const started = Date.now();
          docker("stop", "--time", "10", id);
          // An engine kills after its time: status 137.
          return { status: Number(state("ExitCode")), left: 0, seconds: (Date.now() - started) / 1000 };
        },
      };
    },
    remove: async () => {
      for (const id of containers) docker("rm", "--force", "--volumes", id);
      docker("volume", "rm", "--force", name);
      docker("image", "rm", "--force", name);
    },
  };
}
