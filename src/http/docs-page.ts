import { isJsonObject, type JsonObject } from "../lib/json.ts";

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => escapes[character] ?? character);

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
summary{cursor:pointer;padding:.25rem 0}code{font-size:.9em}b{display:inline-block;width:4.5rem}pre{overflow:auto;background:#f4f4f6;padding:.75rem}`;

/** Returns the API documentation as one page without scripts or external files. */
export function docsPage(document: JsonObject): Response {
  const paths = isJsonObject(document.paths) ? Object.entries(document.paths) : [];
  const groups = new Map<string, string[]>();
  for (const [path, methods] of paths) {
    for (const [method, described] of Object.entries(isJsonObject(methods) ? methods : {})) {
      if (!isJsonObject(described)) continue;
      const group = Array.isArray(described.tags) ? String(described.tags[0]) : "";
      groups.set(group, [...(groups.get(group) ?? []), entry(method, path, described)]);
    }
  }
  const schemas =
    isJsonObject(document.components) && isJsonObject(document.components.schemas) ? document.components.schemas : {};
  const body = [...groups].map(([group, entries]) => `<h2>${escapeHtml(group)}</h2>${entries.join("")}`).join("");
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Milliways API</title><style>${style}</style>
<h1>Milliways API</h1><p>The machine-readable description: <a href="openapi.json">openapi.json</a>.</p>${body}
<h2>Schemas</h2>${Object.entries(schemas).map(schemaEntry).join("")}</html>`;
  return new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } });
}

function entry(method: string, path: string, described: JsonObject): string {
  const { parameters, requestBody, responses } = described;
  const shapes = JSON.stringify({ parameters, requestBody, responses }, null, 2);
  return `<details><summary><b>${method.toUpperCase()}</b> <code>${escapeHtml(path)}</code> ${escapeHtml(String(described.summary))}</summary><pre>${withLinks(shapes)}</pre></details>`;
}

const schemaEntry = ([name, schema]: [string, unknown]): string =>
  `<details id="${escapeHtml(name)}"><summary><code>${escapeHtml(name)}</code></summary><pre>${withLinks(JSON.stringify(schema, null, 2))}</pre></details>`;

const withLinks = (text: string): string =>
  escapeHtml(text).replace(/#\/components\/schemas\/([\w-]+)/g, (reference, name) => `<a href="#${name}">${reference}</a>`);
