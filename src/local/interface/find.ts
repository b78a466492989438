import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { LocalError } from "../errors.ts";

export type Form = "v1" | "v2";

/** The built web interface of a `prefect` package. */
export type Found = {
  version: string;
  /** The folder of the package. */
  folder: string;
  /** The folders of its forms. */
  forms: { form: Form; folder: string }[];
  /** The form for a browser that has not chosen one. */
  first: Form;
};

export type Places = {
  /** MILLIWAYS_UI: a folder, a Python, or `off`. */
  named: string | undefined;
  /** Where `npm run ui` puts packages, one folder a version. */
  downloads: string;
  /** The PATH of the environment. */
  path: string;
};

const ASK_MS = 5_000;
// Finding a package by its name does not import it.
const QUESTION =
  "import importlib.util as u; s = u.find_spec('prefect'); print(*(s.submodule_search_locations or [])[:1] if s else [], sep='')";

/**
 * Returns the interface that MILLIWAYS_UI names, else of the `prefect` package of `python3`, of pip's Python, or of `npm run ui`;
 * undefined: there is none. Throws LocalError when what MILLIWAYS_UI names has none.
 */
export async function findInterface({ named, downloads, path }: Places): Promise<Found | undefined> {
  if (named === "off") return undefined;
  if (named !== undefined) {
    const found = await inNamed(named);
    if (found === undefined)
      throw new LocalError(`MILLIWAYS_UI: there is no prefect package with a web interface at ${named} ("off" serves none).`);
    return found;
  }
  const pythons = [onPath("python3", path), pipsPython(path)].filter((python) => python !== undefined);
  for (const python of new Set(pythons)) {
    const found = await inPython(python);
    if (found !== undefined) return found;
  }
  return inDownloads(downloads);
}

/** Returns the interface in a package's folder; undefined: it has none. */
export function readPackage(folder: string): Found | undefined {
  const server = join(folder, "server");
  const all: Found["forms"] = [
    { form: "v1", folder: join(server, "ui") },
    { form: "v2", folder: join(server, "ui-v2") },
  ];
  const forms = all.filter((one) => existsSync(join(one.folder, "index.html")));
  const [only] = forms;
  if (only === undefined) return undefined;
  const settings = textOf(join(folder, "settings/models/server/ui.py"));
  const prefersV2 = /\bv2_enabled\b[^=]*=\s*Field\(\s*default=True\b/.test(settings);
  const version = /__version__\s*=\s*"([\w.+-]+)"/.exec(textOf(join(folder, "_build_info.py")))?.[1] ?? "unknown";
  return { version, folder, forms, first: forms.length === 1 ? only.form : prefersV2 ? "v2" : "v1" };
}

/** Returns the newest interface that `npm run ui` has downloaded. */
export function inDownloads(downloads: string): Found | undefined {
  const versions = foldersOf(downloads).sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  return firstOf(versions.map((version) => join(downloads, version, "prefect")));
}

async function inNamed(named: string): Promise<Found | undefined> {
  if (!existsSync(named)) return undefined;
  if (statSync(named).isFile()) return inPython(named);
  const libraries = foldersOf(join(named, "lib")).map((library) => join(named, "lib", library, "site-packages/prefect"));
  return firstOf([named, join(named, "prefect"), ...libraries]);
}

async function inPython(python: string): Promise<Found | undefined> {
  try {
    // Not in this folder: its modules would be found before the installed ones.
    const { stdout } = await promisify(execFile)(python, ["-c", QUESTION], { cwd: "/", timeout: ASK_MS });
    return stdout.trim() === "" ? undefined : readPackage(stdout.trim());
  } catch {
    return undefined;
  }
}

function firstOf(folders: string[]): Found | undefined {
  for (const folder of folders) {
    const found = readPackage(folder);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns the path of a command. */
function onPath(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}

/** Returns the Python that pip's first line names: to run pip takes half a second. */
function pipsPython(path: string): string | undefined {
  const pip = onPath("pip", path) ?? onPath("pip3", path);
  const python = pip === undefined ? undefined : /^#!\s*(\/\S*python[\d.]*)\s*$/m.exec(textOf(pip).split("\n", 1)[0] ?? "")?.[1];
  return python !== undefined && existsSync(python) ? python : undefined;
}

const foldersOf = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, "utf8") : "");
