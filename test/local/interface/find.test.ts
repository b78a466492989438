import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findInterface } from "../../../src/local/interface/find.ts";
import { writePackage } from "./packages.ts";

describe("the web interface of an installed package", () => {
  let root: string;
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), "milliways-find-")));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const script = (path: string, text: string) => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), 0o755);
    return join(root, path);
  };
  /** A Python that answers where its package is, and nothing else. */
  const python = (path: string, folder: string) => script(path, `#!/bin/sh\necho "${folder}"\n`);
  const find = (more: { named?: string; path?: string[] }) =>
    findInterface({
      named: more.named,
      downloads: join(root, "downloads"),
      path: (more.path ?? []).map((folder) => join(root, folder)).join(delimiter),
    });
  const install = (path: string, version: string) => {
    writePackage(join(root, path), { version, forms: ["v1"] });
    return join(root, path);
  };

  it("is found where python3 would import it from, before pip's and what was downloaded", async () => {
    python("bin/python3", install("a/prefect", "3.9.1"));
    const pips = python("venv/bin/python", install("b/prefect", "3.8.8"));
    script("bin/pip", `#!${pips}\n`);
    install("downloads/3.7.0/prefect", "3.7.0");
    expect(await find({ path: ["nothing", "bin"] })).toMatchObject({ version: "3.9.1", folder: join(root, "a/prefect") });
  });

  it("is found in pip's environment when python3 has none", async () => {
    python("bin/python3", "");
    const pips = python("venv/bin/python", install("b/prefect", "3.8.8"));
    script("bin/pip", `#!${pips}\n`);
    install("downloads/3.7.0/prefect", "3.7.0");
    expect(await find({ path: ["bin"] })).toMatchObject({ version: "3.8.8" });
  });

  it("is the newest downloaded one where no Python has any, and where none runs", async () => {
    script("bin/python3", "#!/bin/sh\nexit 1\n");
    install("downloads/3.9.1/prefect", "3.9.1");
    install("downloads/3.10.0/prefect", "3.10.0");
    expect(await find({ path: ["bin"] })).toMatchObject({ version: "3.10.0" });
    expect(await find({})).toMatchObject({ version: "3.10.0" });
  });

  it("is not there without any, nor with a package of clients alone", async () => {
    expect(await find({})).toBeUndefined();
    writePackage(join(root, "client/prefect"), { version: "3.9.1", forms: [] });
    python("bin/python3", join(root, "client/prefect"));
    expect(await find({ path: ["bin"] })).toBeUndefined();
  });

  it("is what MILLIWAYS_UI names: a package, the folder around it, an environment or a Python", async () => {
    const folder = install("env/lib/python3.11/site-packages/prefect", "3.9.1");
    const found = { version: "3.9.1", folder };
    expect(await find({ named: folder })).toMatchObject(found);
    expect(await find({ named: join(folder, "..") })).toMatchObject(found);
    expect(await find({ named: join(root, "env") })).toMatchObject(found);
    expect(await find({ named: python("env/bin/python", folder) })).toMatchObject(found);
  });

  it("is none where MILLIWAYS_UI says off, and a fault where it names none", async () => {
    install("downloads/3.9.1/prefect", "3.9.1");
    expect(await find({ named: "off" })).toBeUndefined();
    await expect(find({ named: join(root, "nowhere") })).rejects.toThrow(/MILLIWAYS_UI: there is no prefect package/);
  });

  it.each([
    ["the only one", { forms: ["v1"] as const }, "v1"],
    ["the second where the version's setting says so", { forms: ["v1", "v2"] as const, prefers: "v2" as const }, "v2"],
    ["the first where it says no", { forms: ["v1", "v2"] as const, prefers: "v1" as const }, "v1"],
    ["the first where there is no such setting", { forms: ["v1", "v2"] as const }, "v1"],
  ])("shows first: %s", async (_title, { forms, ...more }, first) => {
    writePackage(join(root, "prefect"), { version: "3.9.1", forms: [...forms], ...more });
    const found = await find({ named: join(root, "prefect") });
    expect([found?.first, found?.forms.map(({ form }) => form)]).toEqual([first, [...forms]]);
  });
});
