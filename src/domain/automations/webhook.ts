import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import type { NotificationRequest } from "../notifications/index.ts";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** A header's name is a token, and its value one line of Latin-1. */
const isHeader = ([name, value]: readonly [string, unknown]): boolean =>
  /^[\w!#$%&'*+.^`|~-]+$/.test(name) && typeof value === "string" && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);

export type WebhookRequest = { readonly request: NotificationRequest } | { readonly fault: string };

/**
 * Returns the request of a webhook block (`prefect/blocks/webhook.py Webhook.call`): the payload as it is, without a content type. The
 * receiver gets it again where the answer is lost, with the same `idempotency-key`. `verify: false` is not possible on this platform, and a
 * GET has no body.
 */
export function webhookRequest(data: JsonObject, payload: string, invocation: string): WebhookRequest {
  const { url, headers = {}, method = "POST", allow_private_urls } = data;
  const known = methods.find((one) => one === method);
  if (known === undefined) return { fault: "ValueError('method')" };
  if (typeof url !== "string" || !URL.canParse(url)) return { fault: "ValueError('url')" };
  if (!isJsonObject(headers) || !Object.entries(headers).every(isHeader)) return { fault: "ValueError('headers')" };
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  return {
    request: {
      method: known,
      url,
      headers: { "idempotency-key": invocation, ...Object.fromEntries(own) },
      body: payload,
      public_only: allow_private_urls === false,
    },
  };
}

const hidden = /^(authorization|traceparent|via)$|^x-(forwarded|b3|cloud-trace|envoy|prefect)/;

/** Returns the headers of an answer that are told (`prefect/server/utilities/http.py should_redact_header`). */
export const toldHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hidden.test(name.toLowerCase())));

const longest = 1000;

/** Returns a text with its middle left out if it is longer than 1000 characters and that makes it shorter. */
export function truncated(text: string): string {
  const characters = [...text];
  if (characters.length <= longest) return text;
  const half = longest / 2;
  const omitted = characters.length - longest;
  const short = `${characters.slice(0, half).join("")}...${omitted} additional characters...${characters.slice(-half).join("")}`;
  return [...short].length < characters.length ? short : text;
}
