import { isJsonObject, type Json, type JsonObject, objectOf, stringifyJson } from "../../lib/json.ts";
import { BlockRefused, type Notification, type NotificationRequest } from "./requests.ts";

const placeholder = /\{\{\s*([\w.\-[\]$]+)\s*\}\}/g;

const textOf = (value: unknown): string => (typeof value === "string" ? value : stringifyJson(value ?? null));

/** Replaces `{{name}}` in texts at any depth; a text that is one placeholder becomes the value itself. */
function filled(template: Json, values: ReadonlyMap<string, unknown>): Json {
  if (Array.isArray(template)) return template.map((item) => filled(item, values));
  if (isJsonObject(template))
    return Object.fromEntries(Object.entries(template).map(([key, member]) => [key, filled(member, values)]));
  if (typeof template !== "string") return template;
  const replacement = (name: string): unknown => {
    if (!values.has(name)) throw new BlockRefused(`The block uses {{${name}}}, which is none of its secrets.`);
    return values.get(name);
  };
  const [first] = template.matchAll(placeholder);
  if (first?.[1] !== undefined && first[0] === template) return replacement(first[1]);
  return template.replace(placeholder, (_, name: string) => textOf(replacement(name)));
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

const pairs = (value: unknown): [string, string][] =>
  Object.entries(objectOf(value)).map(([key, member]) => [key, textOf(member)]);

/** A header's value is one line of Latin-1. */
const isHeader = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Returns the request of a custom webhook (`prefect/blocks/notifications.py CustomWebhookNotificationBlock`). */
export function customWebhook(data: JsonObject, { subject, body }: Notification): NotificationRequest[] {
  const values = new Map([
    ...Object.entries(objectOf(data.secrets)),
    ["subject", subject ?? "null"],
    ["body", body],
    ["name", data.name],
  ]);
  const { url, params, form_data, json_data, headers, cookies } = objectOf(
    filled(
      {
        url: data.url,
        params: data.params,
        form_data: data.form_data,
        json_data: data.json_data,
        headers: data.headers,
        cookies: data.cookies,
      },
      values,
    ),
  );
  const address = textOf(url);
  if (!URL.canParse(address)) throw new BlockRefused("The block's address is not a valid URL.");
  const target = new URL(address);
  for (const [key, value] of pairs(params)) target.searchParams.set(key, value);
  const [content, type] = contentOf(json_data ?? null, form_data ?? null);
  const cookie = pairs(cookies)
    .map(([key, value]) => `${key}=${value}`)
    .join("; ");
  const own = pairs(headers).map(([key, value]) => [key.toLowerCase(), value] as const);
  const all = [
    ["user-agent", "Prefect Notifications"] as const,
    ...type,
    ...(cookie === "" ? [] : [["cookie", cookie] as const]),
    ...own,
  ];
  if (!all.every(([key, value]) => /^[\w!#$%&'*+.^`|~-]+$/.test(key) && isHeader.test(value)))
    throw new BlockRefused("A header of the block is not valid.");
  return [
    {
      method: methods.find((one) => one === data.method) ?? "POST",
      url: target.href,
      headers: Object.fromEntries(all),
      body: content,
    },
  ];
}

type Header = readonly [name: string, value: string];

function contentOf(json: Json, form: Json): [content: string | null, type: Header[]] {
  if (json !== null && form !== null) throw new BlockRefused("The block has both form data and JSON data.");
  if (json !== null) return [stringifyJson(json), [["content-type", "application/json"]]];
  if (typeof form === "string") return [form, []];
  if (form === null) return [null, []];
  return [new URLSearchParams(pairs(form)).toString(), [["content-type", "application/x-www-form-urlencoded"]]];
}
