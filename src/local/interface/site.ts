import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join, relative } from "node:path";
import { isJsonObject } from "../../lib/json.ts";
import type { Found } from "./find.ts";

/** The static files beside the Worker, in a folder. */
export type Site = {
  folder: string;
  /** The entity tags by the paths of URLs. */
  tags: Record<string, string>;
};

export type SiteOptions = {
  into: string;
  /** The interface; undefined: a page of our own that says how to get it. */
  found: Found | undefined;
  /** The path that the interface is served below, without a slash at its end. */
  base: string;
  /** The API's description as JSON. */
  description: string;
};

const PLACEHOLDER = "/PREFECT_UI_SERVE_BASE_REPLACE_PLACEHOLDER";
const WITH_PLACEHOLDER = new Set([".js", ".css", ".html", ".webmanifest", ".json", ".xml", ".svg", ".txt"]);
const INDEX = ".site.json";
const OWN_PAGE = join(import.meta.dirname, "page.html");

const swaggerUi = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
const SWAGGER_FILES = ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "LICENSE", "NOTICE"];

/**
 * Writes the interface with its base path, the pages of documentation and `site.json`, which tells the Worker what there is; keeps
 * what an earlier call wrote for the same versions. Returns the files.
 */
export function prepareSite({ into, found, base, description }: SiteOptions): Site {
  const key = keyOf({ found, base, description });
  const kept = readSite(into);
  if (kept?.key === key) return kept;
  // Complete or absent: a start that was killed leaves the folder of another name.
  const draft = `${into}.new`;
  rmSync(draft, { recursive: true, force: true });
  const tags: Site["tags"] = {};
  const write = (path: string, content: Buffer) => {
    mkdirSync(dirname(join(draft, path)), { recursive: true });
    writeFileSync(join(draft, path), content);
    tags[encodeURI(`/${path}`)] = createHash("sha256").update(content).digest("hex").slice(0, 20);
  };
  for (const name of SWAGGER_FILES) write(`swagger-ui/${name}`, readFileSync(join(swaggerUi, name)));
  write("openapi.json", Buffer.from(description));
  if (found === undefined) write("index.html", readFileSync(OWN_PAGE));
  for (const { form, folder } of found?.forms ?? []) {
    const root = form === "v1" ? base : `${base}/v2`;
    for (const path of filesBelow(folder)) {
      const content = withBase(join(folder, path), root);
      write(`${root}/${path}`.slice(1), content);
      // The second form asks for the pictures of states at the root, whatever its base path is.
      if (form === "v2" && !path.includes("/") && !(`/${path}` in tags) && path !== "index.html") write(path, content);
    }
  }
  // Every page of the interface names these at the root, where its package has none.
  for (const name of ["favicon.ico", "favicon-dark.ico"]) {
    const icon = found?.forms.map(({ folder }) => join(folder, "ico", name)).find((file) => existsSync(file));
    if (icon !== undefined) write(name, readFileSync(icon));
  }
  const forms = found?.forms.map(({ form }) => form) ?? [];
  write("site.json", Buffer.from(JSON.stringify({ version: found?.version ?? null, base, forms, first: found?.first ?? "v1" })));
  writeFileSync(join(draft, "_headers"), headersFile(base));
  writeFileSync(join(draft, ".assetsignore"), `${INDEX}\n.assetsignore\n`);
  writeFileSync(join(draft, INDEX), JSON.stringify({ key, tags }));
  rmSync(into, { recursive: true, force: true });
  renameSync(draft, into);
  return { folder: into, tags };
}

/** Returns the prepared files of a folder; undefined: there are none. */
export function readSite(folder: string): (Site & { key: string }) | undefined {
  const file = join(folder, INDEX);
  const index: unknown = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  if (!isJsonObject(index) || typeof index.key !== "string" || !isJsonObject(index.tags)) return undefined;
  const tags = Object.fromEntries(Object.entries(index.tags).map(([path, tag]) => [path, String(tag)]));
  return { folder, key: index.key, tags };
}

// The interface's folder and when its pages were written stand for its content: an installed package does not change by itself.
function keyOf({ found, base, description }: Omit<SiteOptions, "into">): string {
  const pages = found?.forms.map(({ form, folder }) => [form, folder, readFileSync(join(folder, "index.html"), "utf8")]);
  const ours = [OWN_PAGE, join(swaggerUi, "package.json"), import.meta.filename].map((file) => readFileSync(file, "utf8"));
  return createHash("sha256")
    .update(JSON.stringify([found?.version, found?.first, pages, base, ours, description]))
    .digest("hex");
}

function withBase(file: string, base: string): Buffer {
  const content = readFileSync(file);
  if (!WITH_PLACEHOLDER.has(extname(file))) return content;
  // One byte a character: what is no UTF-8 stays as it is.
  const text = content.toString("latin1");
  return text.includes(PLACEHOLDER) ? Buffer.from(text.replaceAll(PLACEHOLDER, base), "latin1") : content;
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();

/** Returns the rules of caching for a deployed site: names below `assets/` contain a hash of their content. */
const headersFile = (base: string): string =>
  [`${base}/assets/*`, `${base}/v2/assets/*`].map((path) => `${path}\n  Cache-Control: ${IMMUTABLE}\n`).join("");

const IMMUTABLE = "public, max-age=31536000, immutable";
const CONTENT_TYPES: Record<string, string> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".xml": "application/xml",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".ttf": "font/ttf",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
};

/**
 * Returns the module of a Worker that serves the files as a deployed site does. It reads what `tags` lists and nothing else, so that
 * no path leads out of the folder.
 */
export function assetsModule({ tags }: Site): string {
  const files = Object.entries(tags).map(([path, tag]) => {
    const type = CONTENT_TYPES[extname(path)] ?? "application/octet-stream";
    const caching = path.includes("/assets/") ? IMMUTABLE : "no-cache";
    return [path, { "content-type": type, "cache-control": caching, etag: `"${tag}"`, "x-content-type-options": "nosniff" }];
  });
  return `const files = new Map(${JSON.stringify(files)});
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const headers = files.get(pathname);
    if (headers === undefined) return new Response(null, { status: 404 });
    if (request.headers.get("if-none-match")?.includes(headers.etag)) return new Response(null, { status: 304, headers });
    const file = await env.FILES.fetch("http://files" + pathname, { method: request.method });
    return new Response(file.body, { status: file.status, headers });
  },
};
`;
}
