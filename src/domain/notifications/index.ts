import type { JsonObject } from "../../lib/json.ts";
import { customWebhook } from "./custom-webhook.ts";
import { BlockRefused, type Notification, type NotificationRequest } from "./requests.ts";
import { services } from "./services.ts";

export { BlockRefused, type Notification, type NotificationRequest } from "./requests.ts";

/** One request a recipient: no block of the services has more. */
const mostRequests = 50;

/**
 * Returns the requests by which a block of a type (its slug) delivers a notification; `data` includes the block's secrets. Payloads are those
 * of the reference's blocks (`prefect/blocks/notifications.py`). Throws BlockRefused for a block that cannot deliver.
 */
export function notificationRequests(slug: string, data: JsonObject, notification: Notification): NotificationRequest[] {
  if (/^email|smtp/.test(slug))
    throw new BlockRefused("This server has no connection to mail servers: use a block of Sendgrid Email.");
  const service = slug === "custom-webhook" ? customWebhook : services.get(slug);
  if (service === undefined) throw new BlockRefused(`Blocks of the type '${slug}' do not send notifications from this server.`);
  const public_only = data.allow_private_urls === false;
  const requests = service(data, notification).map((request) => ({ ...request, public_only }));
  if (requests.length === 0) throw new BlockRefused("The block names nobody to notify.");
  if (requests.length > mostRequests) throw new BlockRefused(`The block names more than ${mostRequests} recipients.`);
  if (!requests.every(({ url }) => URL.canParse(url))) throw new BlockRefused("The block's address is not a valid URL.");
  return requests;
}
