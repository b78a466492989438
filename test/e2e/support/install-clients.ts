import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The clients that everything has to work with: the newest, one between, and the one whose documentation the project started from. */
export const CLIENTS = { current: "3.9.1", middle: "3.8.8", seed: "3.3.0" };
export type ClientName = keyof typeof CLIENTS;

const ROOT = join(import.meta.dirname, "../../..");
const PARITY = join(ROOT, "../shared/parity/reference.sh");

// The reference's own environments have pinned requirements.
const isPinned = (name: string): boolean => name !== "middle" && existsSync(PARITY);

/** Returns the folder with a client's `prefect` and `python`. */
export function clientBin(name: ClientName): string {
  const home = isPinned(name) ? (process.env.PARITY_HOME ?? join(homedir(), ".cache/parity")) : join(ROOT, ".cache/e2e");
  return join(home, name, "bin");
}

/** Installs the clients that are missing, with the reference's own pinned requirements where those are at hand. */
export default function setup(): void {
  for (const [name, version] of Object.entries(CLIENTS)) {
    if (isPinned(name)) {
      execFileSync("bash", [PARITY, "install", name], { stdio: "inherit", timeout: 900_000 });
      continue;
    }
    const venv = join(ROOT, ".cache/e2e", name);
    if (existsSync(join(venv, "bin/prefect"))) continue;
    console.log(`Installing prefect ${version} …`);
    mkdirSync(venv, { recursive: true });
    execFileSync("python3", ["-m", "venv", venv], { stdio: "inherit", timeout: 120_000 });
    execFileSync(join(venv, "bin/pip"), ["install", "--quiet", `prefect==${version}`], { stdio: "inherit", timeout: 900_000 });
  }
}
