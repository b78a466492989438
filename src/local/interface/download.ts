import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
};

/**
 * Downloads the wheel of `prefect` with pip, without its dependencies, checks that it has the hash that the index names, and unpacks
 * its interface. Throws LocalError when there is no Python with pip, or the wheel is another one.
 */
export function downloadInterface({ downloads, version }: DownloadOptions): Found {
  mkdirSync(downloads, { recursive: true });
  const draft = mkdtempSync(join(downloads, ".draft-"));
  try {
    const wanted = ask(draft, version === undefined ? "prefect" : `prefect==${version}`);
    const requirements = join(draft, "requirements.txt");
    writeFileSync(requirements, `prefect==${wanted.version} --hash=sha256:${wanted.sha256}\n`);
    python(["-m", "pip", "download", ...ANY_PYTHON, "--require-hashes", "--dest", draft, "--requirement", requirements]);
    const wheel = join(draft, readdirSync(draft).find((name) => name.endsWith(".whl")) ?? "wheel");
    if (!existsSync(wheel)) throw new LocalError(`pip downloaded no wheel of prefect ${wanted.version}.`);
    const sha256 = createHash("sha256").update(readFileSync(wheel)).digest("hex");
    if (sha256 !== wanted.sha256)
      throw new LocalError(`The wheel of prefect ${wanted.version} has the hash ${sha256}, the index says ${wanted.sha256}.`);
    const unpacked = join(draft, "unpacked");
    python(["-c", UNPACK, wheel, unpacked]);
    const folder = join(downloads, wanted.version);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unpacked, folder);
    const found = readPackage(join(folder, "prefect"));
    if (found === undefined) throw new LocalError(`prefect ${wanted.version} has no web interface in its package.`);
    return found;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Returns the version that the index offers for a requirement, and the hash of its wheel there. */
function ask(draft: string, requirement: string): { version: string; sha256: string } {
  const file = join(draft, "report.json");
  python(["-m", "pip", "install", "--dry-run", "--ignore-installed", ...ANY_PYTHON, "--report", file, requirement]);
  const report: unknown = JSON.parse(readFileSync(file, "utf8"));
  const [first] = isJsonObject(report) && Array.isArray(report.install) ? report.install : [];
  const version = member(member(first, "metadata"), "version");
  const sha256 = member(member(member(member(first, "download_info"), "archive_info"), "hashes"), "sha256");
  if (typeof version !== "string" || typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256))
    throw new LocalError("The package index names no hash for the wheel of prefect: it is not downloaded.");
  return { version, sha256 };
}

const member = (value: unknown, name: string): unknown => (isJsonObject(value) ? value[name] : undefined);

function python(args: string[]): void {
  const { status, error, stderr } = spawnSync("python3", args, { encoding: "utf8", timeout: 600_000 });
  if (error !== undefined) throw new LocalError(`Downloading needs python3 with pip: ${error.message}.`);
  if (status !== 0)
    throw new LocalError(`python3 ${args.slice(0, 3).join(" ")} failed: ${stderr.trim().split("\n").slice(-4).join("\n")}`);
}
