import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Form } from "../../../src/local/interface/find.ts";

export const PLACEHOLDER = "/PREFECT_UI_SERVE_BASE_REPLACE_PLACEHOLDER";

const folders: Record<Form, string> = { v1: "server/ui", v2: "server/ui-v2" };

/** Writes the parts of a `prefect` package that the interface is made of, with forms that tell themselves apart. */
export function writePackage(folder: string, { version, forms, prefers }: { version: string; forms: Form[]; prefers?: Form }) {
  const write = (path: string, text: string | Buffer) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write("__init__.py", "raise RuntimeError('nobody imports this')");
  write("_build_info.py", `# Generated\n__version__ = "${version}"\n`);
  for (const form of forms) {
    const to = folders[form];
    write(`${to}/index.html`, `<title>${form} of ${version}</title><script src="${PLACEHOLDER}/assets/index-1.js"></script>`);
    write(`${to}/assets/index-1.js`, `export const base = "${PLACEHOLDER}/";`);
    write(`${to}/assets/index-1.css`, `a{background:url(${PLACEHOLDER}/ico/a.png)}`);
    write(`${to}/ico/a.png`, Buffer.from([0x89, 0x50, 0xff, 0xfe, 0x00]));
    write(`${to}/robots.txt`, form);
    if (form === "v2") write(`${to}/completed.svg`, "<svg/>");
    write(`${to}/.hidden`, "not for readers");
  }
  if (prefers !== undefined)
    write(
      "settings/models/server/ui.py",
      `    v2_enabled: bool = Field(\n        default=${prefers === "v2" ? "True" : "False"},\n`,
    );
}
