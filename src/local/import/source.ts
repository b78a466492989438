import { setTimeout as sleep } from "node:timers/promises";
import { type Json, parseJson, stringifyJson } from "../../lib/json.ts";
import { LocalError } from "../errors.ts";

/** Another server that is read over its REST API. */
export interface Source {
  /** The address without credentials. */
  readonly url: string;
  get(path: string): Promise<Json>;
  post(path: string, body: Json): Promise<Json>;
}

/** An answer of the source is larger than is read, or the source refuses the size of a page: a smaller page may do. */
export class PageTooLarge extends Error {}

/** The source does not have what was asked for. */
export class NotThere extends Error {}

export interface SourceOptions {
  readonly url: string;
  /** The value of the `Authorization` header. */
  readonly authorization?: string | undefined;
  readonly maximumBytes?: number;
  /** The pause before the second attempt, which doubles with each further one. */
  readonly pauseMs?: number;
  readonly timeoutMs?: number;
}

const attempts = 6;
const longestPauseMs = 30_000;

/** Opens a source; nothing is sent yet. Its functions throw LocalError where the source does not answer or answers nonsense. */
export function openSource(options: SourceOptions): Source {
  const { url, authorization, maximumBytes = 24_000_000, pauseMs = 500, timeoutMs = 60_000 } = options;
  const ask = async (path: string, body: string | undefined): Promise<Json> => {
    for (let attempt = 1; ; attempt++) {
      const outcome = await once({ url, path, body, authorization, timeoutMs, maximumBytes });
      if ("answer" in outcome) return outcome.answer;
      if (attempt === attempts) throw new LocalError(`${url}${path} ${outcome.trouble} (${attempts} attempts).`);
      await sleep(Math.min(outcome.waitMs ?? pauseMs * 2 ** (attempt - 1), longestPauseMs));
    }
  };
  return { url, get: (path) => ask(path, undefined), post: (path, body) => ask(path, stringifyJson(body)) };
}

interface Question {
  readonly url: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly authorization: string | undefined;
  readonly timeoutMs: number;
  readonly maximumBytes: number;
}

type Outcome = { readonly answer: Json } | { readonly trouble: string; readonly waitMs?: number };

async function once({ url, path, body, authorization, timeoutMs, maximumBytes }: Question): Promise<Outcome> {
  let text: string;
  let response: Response;
  try {
    response = await fetch(`${url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        accept: "application/json",
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(authorization !== undefined && { authorization }),
      },
      ...(body !== undefined && { body }),
      // Credentials are for the named server alone.
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await boundedText(response, maximumBytes);
  } catch (error) {
    if (error instanceof PageTooLarge) throw error;
    const isTimeout = error instanceof DOMException && error.name === "TimeoutError";
    return { trouble: isTimeout ? "did not answer in time" : "cannot be reached" };
  }
  const { status } = response;
  if (status >= 500 || status === 429 || status === 408) {
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    return { trouble: `answers ${status}`, ...(seconds >= 0 && { waitMs: seconds * 1000 }) };
  }
  if (status === 404) throw new NotThere(path);
  refuse(status, `${url}${path}`, response, text);
  try {
    return { answer: parseJson(text) };
  } catch {
    throw new LocalError(
      `${url}${path} answered something that is no JSON: is this the address of a Prefect API, with /api at its end?`,
    );
  }
}

function refuse(status: number, address: string, response: Response, text: string): void {
  if (status === 401 || status === 403)
    throw new LocalError(`${address} refuses the credentials (${status}): give --auth user:password or --api-key KEY.`);
  if (status >= 300 && status < 400)
    throw new LocalError(`${address} redirects to ${response.headers.get("location") ?? "nowhere"}: give that server as --from.`);
  if (status === 422 && text.includes("limit")) throw new PageTooLarge();
  if (status !== 200) throw new LocalError(`${address} answers ${status}, which the API does not say.`);
}

async function boundedText(response: Response, maximumBytes: number): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    // Leaving the loop cancels the body.
    if (bytes > maximumBytes) throw new PageTooLarge();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
