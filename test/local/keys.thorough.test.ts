import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freePorts } from "../../src/local/processes.ts";
import { bearer } from "../support/keys.ts";
import { launchReady, runVerb } from "./launch.ts";

it("a key that `npm run keys` creates beside a running server is let in, and closes it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "milliways-keys-"));
  const [port = 0] = await freePorts(1);
  const settings = { MILLIWAYS_DATA_DIR: folder, PORT: String(port), MILLIWAYS_UI: "off" };
  const server = await launchReady(settings);
  const hello = async (headers: Record<string, string> = {}) =>
    (await fetch(`http://127.0.0.1:${port}/api/hello`, { headers })).status;
  try {
    const { status, output } = await runVerb("keys", settings, ["create", "--role", "viewer", "--name", "me"]);
    expect([status, output]).toEqual([0, expect.stringMatching(/^mw_/m)]);
    // Nobody has asked before: the server does not know yet that there were no keys.
    expect(await hello()).toBe(401);
    expect(await hello(bearer(/^mw_.*$/m.exec(output)?.[0] ?? ""))).toBe(200);
  } finally {
    server.child.kill("SIGTERM");
    await server.exited;
    rmSync(folder, { recursive: true, force: true });
  }
});
