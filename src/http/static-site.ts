import type { Config } from "../env.ts";
import { isJsonObject } from "../lib/json.ts";

const forms = ["v1", "v2"] as const;
export type Form = (typeof forms)[number];

/** The web interface among the static files, as `site.json` among them describes it (src/local/interface/site.ts). */
export interface Interface {
  /** The path that the first form is served below, without a slash at its end; the second form is below its `/v2`. */
  readonly base: string;
  readonly forms: readonly Form[];
  /** The form for a browser that has not chosen one. */
  readonly first: Form;
}

const none: Interface = { base: "", forms: [], first: "v1" };

/** The static files beside the Worker. */
export interface StaticSite {
  /** Returns which interface is among the files. */
  readonly describe: () => Promise<Interface>;
  /** Returns a file, the interface's page for a path that only its scripts know, or a redirect to the other form; null: nothing. */
  readonly read: (request: Request) => Promise<Response | null>;
}

/** Returns the path of a form's pages without a slash at its end. */
export const rootOf = ({ base }: Interface, form: Form): string => (form === "v1" ? base : `${base}/v2`);

/** Returns the site of the binding ASSETS. */
export function staticSite({ assets }: Config): StaticSite {
  // The description and not its promise: workerd lets no request wait for what another one fetches.
  let known: Interface | undefined;
  const describe = async (): Promise<Interface> => {
    known ??= assets === undefined ? none : parse(await (await assets.fetch("http://assets/site.json")).text());
    return known;
  };
  const read = async (request: Request): Promise<Response | null> => {
    if (assets === undefined || (request.method !== "GET" && request.method !== "HEAD")) return null;
    const site = await describe();
    const url = new URL(request.url);
    const elsewhere = otherForm(site, request, url);
    if (elsewhere !== null) return new Response(null, { status: 307, headers: { location: elsewhere } });
    const answer = await assets.fetch(request);
    if (answer.status !== 404) return mutable(answer);
    const page = pageFor(site, request, url);
    return page === null ? null : mutable(await assets.fetch(new Request(new URL(page, url), request)));
  };
  return { describe, read };
}

function parse(text: string): Interface {
  const described: unknown = text.startsWith("{") ? JSON.parse(text) : null;
  if (!isJsonObject(described) || !Array.isArray(described.forms)) return none;
  const { base, first, forms: listed } = described;
  const available = forms.filter((form) => listed.includes(form));
  const [fallback = "v1"] = available;
  return { base: String(base), forms: available, first: available.find((form) => form === first) ?? fallback };
}

const mutable = (answer: Response): Response => new Response(answer.body, answer);

const isBelow = (path: string, root: string): boolean => path === root || path.startsWith(`${root}/`);

const formAt = (site: Interface, path: string): Form | null =>
  isBelow(path, rootOf(site, "v2")) ? "v2" : isBelow(path, site.base) ? "v1" : null;

const isNavigation = ({ headers }: Request): boolean =>
  headers.get("sec-fetch-mode") === "navigate" ||
  /^(document|iframe)$/.test(headers.get("sec-fetch-dest") ?? "") ||
  (headers.get("accept") ?? "").toLowerCase().includes("text/html");

/**
 * Returns where a navigation goes instead: from the first form's root to the preferred form, and from a form that is not here to the
 * other one (`prefect/server/api/server.py redirect_to_preferred_ui`).
 */
function otherForm(site: Interface, request: Request, { pathname, search }: URL): string | null {
  const asked = formAt(site, pathname);
  if (asked === null || site.forms.length === 0 || !isNavigation(request)) return null;
  // One slash at its start: two would name another host.
  const rest = `/${pathname.slice(rootOf(site, asked).length).replace(/^\/+/, "")}`;
  if (asked === "v2" ? site.forms.includes("v2") : rest !== "/") return null;
  const chosen = /(?:^|;\s*)prefect_ui_version=(\w+)/.exec(request.headers.get("cookie") ?? "")?.[1];
  const preferred = site.forms.find((form) => form === chosen) ?? site.first;
  return preferred === asked ? null : rootOf(site, preferred) + rest + search;
}

// A script or picture that is missing is no page: a browser would report the page as a broken script.
function pageFor(site: Interface, request: Request, { pathname }: URL): string | null {
  if (site.forms.length === 0) return pathname === "/" ? "/index.html" : null;
  const form = formAt(site, pathname);
  if (form === null || !site.forms.includes(form)) return null;
  return isNavigation(request) || !/\.\w+$/.test(pathname) ? `${rootOf(site, form)}/index.html` : null;
}
