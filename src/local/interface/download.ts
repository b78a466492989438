import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { isJsonObject } from "../../lib/json.ts";
import { LocalError } from "../errors.ts";
import { type Found, readPackage } from "./find.ts";

// What the interface needs of the package: its files, its version and which form is shown first; and its licence.
const UNPACK = `
import sys, zipfile
wanted = ("prefect/server/ui/", "prefect/server/ui-v2/", "prefect/_build_info.py", "prefect/settings/models/server/ui.py")
licenses = ".dist-info/licenses/"
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith(wanted) or licenses in name])
`;
// A wheel for every machine: the Python here may be older than those that the package runs on.
const ANY_PYTHON = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--disable-pip-version-check", "--quiet"];

export type DownloadOptions = {
  /** The folder of downloads, one folder a version. */
  downloads: string;
  /** `3.9.1`; undefined: the newest. */
  version: string | undefined;
  /** The environment that pip runs in: its own variables name the index. */
  environment: Environment;
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Downloads the wheel of `prefect` with pip, without its dependencies, checks that it has the hash that the index names, and unpacks
 * its interface. Throws LocalError when there is no Python with pip, or the wheel is another one.
 */
export async function downloadInterface({ downloads, version, environment }: DownloadOptions): Promise<Found> {
  mkdirSync(downloads, { recursive: true });
  const draft = mkdtempSync(join(downloads, ".draft-"));
  const python = (...args: string[]) => runPython(args, environment);
  try {
    const report = join(draft, "report.json");
    const requirement = version === undefined ? "prefect" : `prefect==${version}`;
    await python("-m", "pip", "install", "--dry-run", "--ignore-installed", ...ANY_PYTHON, "--report", report, requirement);
    const wanted = readReport(report);
    const requirements = join(draft, "requirements.txt");
    writeFileSync(requirements, `prefect==${wanted.version} --hash=sha256:${wanted.sha256}\n`);
    await python("-m", "pip", "download", ...ANY_PYTHON, "--require-hashes", "--dest", draft, "--requirement", requirements);
    const wheel = join(draft, readdirSync(draft).find((name) => name.endsWith(".whl")) ?? "wheel");
    if (!existsSync(wheel)) throw new LocalError(`pip downloaded no wheel of prefect ${wanted.version}.`);
    const sha256 = createHash("sha256").update(readFileSync(wheel)).digest("hex");
    if (sha256 !== wanted.sha256)
      throw new LocalError(`The wheel of prefect ${wanted.version} has the hash ${sha256}, the index says ${wanted.sha256}.`);
    const unpacked = join(draft, "unpacked");
    await python("-c", UNPACK, wheel, unpacked);
    const noInterface = new LocalError(`prefect ${wanted.version} has no web interface in its package.`);
    if (readPackage(join(unpacked, "prefect")) === undefined) throw noInterface;
    const folder = join(downloads, wanted.version);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unpacked, folder);
    const found = readPackage(join(folder, "prefect"));
    if (found === undefined) throw noInterface;
    return found;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Returns the version that pip's report of an installation names, and the hash of its wheel. */
function readReport(file: string): { version: string; sha256: string } {
  const report: unknown = JSON.parse(readFileSync(file, "utf8"));
  const [first] = isJsonObject(report) && Array.isArray(report.install) ? report.install : [];
  const version = member(member(first, "metadata"), "version");
  const sha256 = member(member(member(member(first, "download_info"), "archive_info"), "hashes"), "sha256");
  if (typeof version !== "string" || typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256))
    throw new LocalError("The package index names no hash for the wheel of prefect: it is not downloaded.");
  return { version, sha256 };
}

const member = (value: unknown, name: string): unknown => (isJsonObject(value) ? value[name] : undefined);

async function runPython(args: string[], environment: Environment): Promise<void> {
  try {
    await promisify(execFile)("python3", args, { env: { ...environment }, timeout: 600_000 });
  } catch (error) {
    const stderr = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    if (stderr === "")
      throw new LocalError(`Downloading needs python3 with pip: ${error instanceof Error ? error.message : error}.`);
    throw new LocalError(`python3 ${args.slice(0, 3).join(" ")} failed: ${stderr.split("\n").slice(-4).join("\n")}`);
  }
}
