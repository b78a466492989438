import { type Micros, toSeconds } from "../lib/time.ts";
import { isPublicHost } from "./addresses.ts";
import type { Outbound, OutboundOutcome, OutboundRequest } from "./contract.ts";

/** In seconds, redirects and the response's body included. */
const longest = 10;
const mostRedirects = 3;
/** In bytes. */
const largestBody = 1024 * 1024;

export interface OutboundOptions {
  /** Private addresses are allowed, as far as requests do not ask for public ones. */
  readonly allowsPrivate: boolean;
  readonly now: () => Micros;
}

type NoResponse = Exclude<OutboundOutcome, { kind: "answered" }>;

const refused = (reason: string): NoResponse => ({ kind: "refused_address", reason });
const unreachable = (reason: string): NoResponse => ({ kind: "unreachable", reason });

/**
 * Returns what sends requests to servers of users. No reason names an address, because the address of a webhook is a secret. Redirects are
 * followed by hand, since each target is checked before a connection is made.
 */
export const outbound =
  ({ allowsPrivate, now }: OutboundOptions): Outbound =>
  async (request, deadline) => {
    const seconds = Math.min(longest, toSeconds(deadline - now()));
    if (seconds <= 0) return unreachable("There was no time left for the request.");
    const signal = AbortSignal.timeout(Math.ceil(seconds * 1000));
    const isAllowed = (url: URL) => (allowsPrivate && request.public_only !== true) || isPublicHost(url);
    try {
      return await follow(request, signal, isAllowed);
    } catch {
      return unreachable(signal.aborted ? "The server did not respond in time." : "The server could not be reached.");
    }
  };

async function follow(request: OutboundRequest, signal: AbortSignal, isAllowed: (url: URL) => boolean): Promise<OutboundOutcome> {
  if (!URL.canParse(request.url)) return refused("The address is not a valid URL.");
  let next: OutboundRequest = withCredentials(request, new URL(request.url));
  for (let redirects = 0; ; redirects++) {
    const url = new URL(next.url);
    if (!/^https?:$/.test(url.protocol)) return refused("Only http and https addresses are allowed.");
    if (!isAllowed(url)) return refused("The address is not public.");
    const { method, headers } = next;
    // `fetch` refuses a GET with a body, and gives a text, but not bytes, a content type.
    const body = method === "GET" || next.body === null ? null : new TextEncoder().encode(next.body);
    const response = await fetch(url, { method, headers, body, signal, redirect: "manual" });
    const location = [301, 302, 303, 307, 308].includes(response.status) ? response.headers.get("location") : null;
    if (location === null) return await read(response);
    await response.body?.cancel();
    if (redirects === mostRedirects) return unreachable(`The server redirected more than ${mostRedirects} times.`);
    if (!URL.canParse(location, url)) return unreachable("The server redirected to an invalid address.");
    next = redirected(next, response.status, url, new URL(location, url));
  }
}

/** Moves a user and password of the URL into a header: `fetch` refuses them. */
function withCredentials(request: OutboundRequest, url: URL): OutboundRequest {
  const { username, password } = url;
  if (username === "" && password === "") return request;
  url.username = "";
  url.password = "";
  const pair = new TextEncoder().encode(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return {
    ...request,
    url: url.href,
    headers: { authorization: `Basic ${btoa(String.fromCharCode(...pair))}`, ...request.headers },
  };
}

// As clients do it (RFC 9110 15.4): 307 and 308 repeat the request, the others read the target. Another origin gets no secrets of headers.
function redirected(request: OutboundRequest, status: number, from: URL, to: URL): OutboundRequest {
  to.username = "";
  to.password = "";
  const repeats = status >= 307 || request.method === "GET";
  const isKept = (name: string) =>
    (repeats || !/^content-/i.test(name)) && (to.origin === from.origin || /^(content-type|user-agent|accept)$/i.test(name));
  return {
    ...request,
    url: to.href,
    method: repeats ? request.method : "GET",
    body: repeats ? request.body : null,
    headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => isKept(name))),
  };
}

async function read(response: Response): Promise<OutboundOutcome> {
  const decoder = new TextDecoder();
  let body = "";
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    // Leaving the loop cancels the body.
    if (size > largestBody) return unreachable("The response was larger than 1 MiB.");
    body += decoder.decode(part, { stream: true });
  }
  return {
    kind: "answered",
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: body + decoder.decode(),
  };
}
