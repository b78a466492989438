import { type Json, type JsonObject, objectOf, stringifyJson } from "../../lib/json.ts";
import { toSeconds } from "../../lib/time.ts";
import type { Notification, NotificationRequest } from "./requests.ts";

/** The name under which messages are sent (`prefect/blocks/notifications.py AbstractAppriseNotificationBlock`). */
export const sender = "Prefect Notifications";

const text = (value: unknown, fallback = ""): string =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : fallback;
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.map((item) => text(item)).filter((item) => item !== "") : [];
const member = (name: string, value: unknown): JsonObject => (text(value) === "" ? {} : { [name]: value });

const post = (url: string, content: Json, headers: Readonly<Record<string, string>> = {}): NotificationRequest => ({
  method: "POST",
  url,
  headers: { "user-agent": sender, "content-type": "application/json", ...headers },
  body: stringifyJson(content),
});

/** Services without titles get subject and body as one text. */
const together = ({ subject, body }: Notification): string => (subject ? `${subject}\r\n${body}` : body);

type Kind = "info" | "success" | "warning" | "failure";
const kinds: readonly Kind[] = ["info", "success", "warning", "failure"];
const kindOf = ({ notify_type }: JsonObject): Kind => kinds.find((kind) => kind === notify_type) ?? "info";
const colors: Record<Kind, string> = { info: "#3AA3E3", success: "#3AA337", warning: "#CACF29", failure: "#A32037" };
const severities: Record<Kind, string> = { info: "info", success: "info", warning: "warning", failure: "critical" };
const image = (data: JsonObject, size: number): string =>
  `https://github.com/caronc/apprise/raw/master/apprise/assets/themes/default/apprise-${kindOf(data)}-${size}x${size}.png`;

/** Returns the requests that deliver a notification through a block with this data, secrets included. */
export type Service = (data: JsonObject, notification: Notification) => NotificationRequest[];

const slackText = (value: string): string => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const slack: Service = (data, { subject, body, now }) => {
  const icon = image(data, 72);
  const attachment = {
    title: slackText(subject ?? ""),
    text: slackText(body),
    color: colors[kindOf(data)],
    footer_icon: icon,
    footer: sender,
    ts: toSeconds(now),
  };
  return [post(text(data.url), { mrkdwn: true, attachments: [attachment], icon_url: icon })];
};

const teams: Service = (data, { subject, body }) => {
  const kind = kindOf(data);
  const parts = [
    ...(data.include_image === false ? [] : [{ type: "Image", url: image(data, 32), height: "32px", altText: kind }]),
    ...(subject ? [{ type: "TextBlock", text: subject, style: "heading", weight: "Bolder", size: "Large", id: "title" }] : []),
    { type: "TextBlock", text: body, style: "default", wrap: data.wrap !== false, id: "body" },
  ];
  const card = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    body: parts,
    msteams: { width: "full" },
  };
  const attachment = { contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content: card };
  return [post(text(data.url), { type: "message", attachments: [attachment] })];
};

/** Discord refuses longer messages. */
const longestDiscord = 2000;

const discord: Service = (data, notification) => {
  const { webhook_id, webhook_token, tts, avatar, avatar_url, botname } = data;
  const path = [webhook_id, webhook_token].map((part) => encodeURIComponent(text(part))).join("/");
  const look = { ...(avatar === true && member("avatar_url", avatar_url)), ...member("username", botname) };
  const content = together(notification).slice(0, longestDiscord);
  return [post(`https://discord.com/api/webhooks/${path}`, { tts: tts === true, wait: tts !== true, ...look, content })];
};

const mattermost: Service = (data, notification) => {
  const { hostname, secure, port, path, token, channels, botname, include_image } = data;
  const folder = text(path).replace(/^\/+|\/+$/g, "");
  const base = `${secure === true ? "https" : "http"}://${text(hostname)}:${text(port, "8065")}${folder && `/${folder}`}`;
  const message = {
    text: together(notification),
    ...(include_image === true && { icon_url: image(data, 72) }),
    ...member("username", botname),
  };
  const named = texts(channels).map((channel) => ({ ...message, channel: channel.replace(/^#/, "") }));
  const url = `${base}/hooks/${encodeURIComponent(text(token))}`;
  return (named.length === 0 ? [message] : named).map((content) => post(url, content));
};

const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const opsgenie: Service = (data, { subject, body }) => {
  const region = data.region_name === "eu" ? ".eu" : "";
  const responders = ["team", "schedule", "user", "escalation"].flatMap((type) =>
    texts(data[`target_${type}`]).map((name) => ({
      type,
      [isUuid.test(name) ? "id" : type === "user" ? "username" : "name"]: name,
    })),
  );
  const alert = {
    source: sender,
    message: subject || body,
    description: body,
    details: { ...objectOf(data.details), type: kindOf(data) },
    priority: `P${text(data.priority, "3")}`,
    ...(texts(data.tags).length > 0 && { tags: texts(data.tags) }),
    ...member("entity", data.entity),
    ...member("alias", data.alias),
  };
  const groups = data.batch === true ? [responders] : responders.map((one) => [one]);
  const alerts = responders.length === 0 ? [alert] : groups.map((group) => ({ ...alert, responders: group }));
  const headers = { authorization: `GenieKey ${text(data.apikey)}` };
  return alerts.map((content) => post(`https://api${region}.opsgenie.com/v2/alerts`, content, headers));
};

const pagerDuty: Service = (data, { subject, body }) => {
  const region = data.region_name === "eu" ? ".eu" : "";
  const kind = kindOf(data);
  const details = { ...objectOf(data.custom_details), ...(subject && { "Prefect Notification Body": body }) };
  const payload = {
    summary: subject || body,
    severity: severities[kind],
    source: text(data.source, "Prefect"),
    component: text(data.component, "Notification"),
    ...member("group", data.group),
    ...member("class", data.class_id),
    ...(Object.keys(details).length > 0 && { custom_details: details }),
  };
  const event = {
    routing_key: text(data.integration_key),
    payload,
    client: sender,
    event_action: "trigger",
    ...(text(data.clickable_url) !== "" && { links: [{ href: data.clickable_url }] }),
    ...(data.include_image !== false && { images: [{ src: image(data, 128), alt: kind }] }),
  };
  const headers = { authorization: `Token token=${text(data.api_key)}` };
  return [post(`https://events${region}.pagerduty.com/v2/enqueue`, event, headers)];
};

// Twilio takes numbers in the form +18001234567; shorter ones are short codes.
const phone = (value: unknown): string => {
  const digits = text(value).replace(/\D/g, "");
  return digits.length > 6 ? `+${digits}` : digits;
};

const twilio: Service = ({ account_sid, auth_token, from_phone_number, to_phone_numbers }, notification) =>
  texts(to_phone_numbers).map((to) => ({
    method: "POST",
    url: `https://api.twilio.com/2010-04-01/Accounts/${encodeURIComponent(text(account_sid))}/Messages.json`,
    headers: {
      "user-agent": sender,
      "content-type": "application/x-www-form-urlencoded",
      authorization: `Basic ${btoa(`${text(account_sid)}:${text(auth_token)}`)}`,
    },
    body: new URLSearchParams({ Body: together(notification), From: phone(from_phone_number), To: phone(to) }).toString(),
  }));

const sendgrid: Service = ({ api_key, sender_email, to_emails }, { subject, body }) =>
  texts(to_emails).map((email) => {
    const mail = {
      personalizations: [{ to: [{ email }] }],
      from: { email: text(sender_email) },
      subject: subject || "<no subject>",
      content: [{ type: "text/html", value: body }],
    };
    return post("https://api.sendgrid.com/v3/mail/send", mail, { authorization: `Bearer ${text(api_key)}` });
  });

/** The services of notification blocks by the slug of the block's type. */
export const services: ReadonlyMap<string, Service> = new Map([
  ["slack-webhook", slack],
  ["ms-teams-webhook", teams],
  ["discord-webhook", discord],
  ["mattermost-webhook", mattermost],
  ["opsgenie-webhook", opsgenie],
  ["pager-duty-webhook", pagerDuty],
  ["twilio-sms", twilio],
  ["sendgrid-email", sendgrid],
]);
