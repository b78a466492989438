import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LocalError } from "../../../src/local/errors.ts";
import { downloadInterface } from "../../../src/local/interface/download.ts";
import { type Form, findInterface, readPackage } from "../../../src/local/interface/find.ts";
import { provideInterface } from "../../../src/local/interface/provide.ts";
import { writePackage } from "./packages.ts";

interface Wheel {
  readonly version: string;
  readonly content: Buffer;
  /** The hash that the index names; undefined: it names none. */
  readonly sha256: string | undefined;
}

const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");
const hasPip = spawnSync("python3", ["-m", "pip", "--version"]).status === 0;

/** Returns a wheel of `prefect` with these forms of the interface, as the index offers it. */
function buildWheel(root: string, { version, forms }: { version: string; forms: Form[] }): Wheel {
  const folder = mkdtempSync(join(root, "wheel-"));
  writePackage(join(folder, "prefect"), { version, forms });
  const info = `prefect-${version}.dist-info`;
  mkdirSync(join(folder, info, "licenses"), { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(folder, info, name), text);
  write("METADATA", `Metadata-Version: 2.1\nName: prefect\nVersion: ${version}\nRequires-Dist: nothing-that-exists\n`);
  write("WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
  write("RECORD", "");
  write("licenses/LICENSE", "may be used");
  execFileSync("python3", ["-m", "zipfile", "-c", "out.whl", "prefect", info], { cwd: folder });
  const content = readFileSync(join(folder, "out.whl"));
  return { version, content, sha256: sha256(content) };
}

/** Serves a package index (PEP 503) with the wheels of `prefect` that it is given. */
async function startIndex() {
  let wheels: readonly Wheel[] = [];
  /** What the index serves after the first download of a wheel. */
  let afterwards: Buffer | undefined;
  const fileOf = ({ version }: Wheel) => `/files/prefect-${version}-py3-none-any.whl`;
  const server = createServer(({ url = "" }, response) => {
    if (url === "/simple/prefect/") {
      const links = wheels.map((wheel) => {
        const hash = wheel.sha256 === undefined ? "" : `#sha256=${wheel.sha256}`;
        return `<a href="${fileOf(wheel)}${hash}">${fileOf(wheel).slice("/files/".length)}</a>`;
      });
      response.setHeader("content-type", "text/html").end(`<!DOCTYPE html><html><body>${links.join("\n")}</body></html>`);
      return;
    }
    const wheel = wheels.find((one) => fileOf(one) === url);
    if (wheel === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.end(wheel.content);
    if (afterwards !== undefined) wheels = [{ ...wheel, content: afterwards }];
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the index listens on no port");
  return {
    url: `http://127.0.0.1:${address.port}/simple/`,
    offer: (offered: readonly Wheel[], later?: Buffer) => {
      wheels = offered;
      afterwards = later;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

// pip takes a second for each of its steps, and ten times as long on a busy machine.
describe.skipIf(!hasPip)("the interface that npm run ui downloads", { timeout: 300_000 }, () => {
  let root: string;
  let index: Awaited<ReturnType<typeof startIndex>>;
  let downloads: string;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), "milliways-download-"));
    index = await startIndex();
  });
  afterAll(async () => {
    await index.close();
    rmSync(root, { recursive: true });
  });
  beforeEach(() => {
    downloads = join(mkdtempSync(join(root, "data-")), "interface");
  });
  // Drafts as well.
  const left = () => readdirSync(downloads);
  afterEach(() => expect(left().filter((name) => name.startsWith("."))).toEqual([]));

  /** The settings with which pip asks this index alone, whatever this machine's own are. */
  const settings = () => ({
    PATH: process.env.PATH,
    HOME: root,
    PIP_CONFIG_FILE: "/dev/null",
    PIP_INDEX_URL: index.url,
    PIP_NO_CACHE_DIR: "1",
    PIP_RETRIES: "0",
  });
  const download = (version?: string) => downloadInterface({ downloads, version, environment: settings() });

  it("is that of the newest version, with its licence and without the rest of the package", async () => {
    const [old, newest] = [
      buildWheel(root, { version: "3.9.0", forms: ["v1"] }),
      buildWheel(root, { version: "3.10.1", forms: ["v1", "v2"] }),
    ];
    index.offer([newest, old]);
    const found = await download();
    expect(found).toMatchObject({ version: "3.10.1", folder: join(downloads, "3.10.1/prefect") });
    expect(found.forms.map(({ form }) => form)).toEqual(["v1", "v2"]);
    expect(readFileSync(join(found.folder, "server/ui/index.html"), "utf8")).toContain("v1 of 3.10.1");
    expect(readFileSync(join(found.folder, "../prefect-3.10.1.dist-info/licenses/LICENSE"), "utf8")).toBe("may be used");
    expect(existsSync(join(found.folder, "__init__.py"))).toBe(false);
    expect(left()).toEqual(["3.10.1"]);
  });

  it("is that of a version that is named, beside those of earlier downloads", async () => {
    const wheels = ["3.9.0", "3.9.1"].map((version) => buildWheel(root, { version, forms: ["v1"] }));
    index.offer(wheels);
    await download();
    expect(await download("3.9.0")).toMatchObject({ version: "3.9.0" });
    expect(left().sort()).toEqual(["3.9.0", "3.9.1"]);
  });

  it("is refused with another hash than the index names, and what was downloaded before stays", async () => {
    const wheel = buildWheel(root, { version: "3.9.1", forms: ["v1"] });
    index.offer([wheel]);
    const { folder } = await download();
    const forged = buildWheel(root, { version: "3.9.1", forms: ["v1", "v2"] });
    index.offer([{ ...forged, sha256: wheel.sha256 }]);
    const refused = download();
    await expect(refused).rejects.toThrow(LocalError);
    await expect(refused).rejects.toThrow(/hash/i);
    expect(readPackage(folder)?.forms.map(({ form }) => form)).toEqual(["v1"]);
  });

  it("is refused when the second download brings another wheel than the first", async () => {
    const wheel = { ...buildWheel(root, { version: "3.9.1", forms: ["v1"] }), sha256: undefined };
    index.offer([wheel], buildWheel(root, { version: "3.9.1", forms: ["v1", "v2"] }).content);
    await expect(download()).rejects.toThrow(/hash/i);
    expect(left()).toEqual([]);
  });

  it("is not there in a package without one, nor in a version that the index lacks", async () => {
    index.offer([buildWheel(root, { version: "3.9.1", forms: [] })]);
    await expect(download()).rejects.toThrow("prefect 3.9.1 has no web interface in its package.");
    await expect(download("3.8.8")).rejects.toThrow(/No matching distribution found for prefect==3\.8\.8/);
    expect(left()).toEqual([]);
  });

  it("is where npm start looks for it, and prepared for a deployment below the base path", async () => {
    index.offer([buildWheel(root, { version: "3.9.1", forms: ["v1"] })]);
    const deployed = join(downloads, "../cache/assets");
    const environment = { ...settings(), MILLIWAYS_DATA_DIR: join(downloads, ".."), MILLIWAYS_UI_BASE: "/below" };
    expect(await provideInterface({ argument: undefined, environment, deployed })).toEqual({ version: "3.9.1", downloads });
    expect(await findInterface({ named: undefined, downloads, path: "" })).toMatchObject({ version: "3.9.1" });
    const page = () => readFileSync(join(deployed, "below/index.html"), "utf8");
    expect(page()).toContain("v1 of 3.9.1");
    await provideInterface({ argument: "--for-deployment", environment, deployed });
    expect(page()).toContain("v1 of 3.9.1");
  });

  it("is asked for by a version and by nothing that pip would take for an option", async () => {
    const deployed = join(downloads, "../cache/assets");
    const environment = { ...settings(), MILLIWAYS_DATA_DIR: join(downloads, "..") };
    mkdirSync(downloads);
    for (const argument of ["--pre", "3.9.1 --pre", "3.9.1; x", "latest"])
      await expect(provideInterface({ argument, environment, deployed }), argument).rejects.toThrow(
        /A version is such as 3\.9\.1/,
      );
    expect([left(), existsSync(deployed)]).toEqual([[], false]);
  });

  it("needs a python3", async () => {
    const refused = downloadInterface({ downloads, version: undefined, environment: { PATH: root } });
    await expect(refused).rejects.toThrow(/Downloading needs python3 with pip/);
  });
});
