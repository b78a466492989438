import { describe, expect, it } from "vitest";
import { BlockRefused, notificationRequests } from "../../../src/domain/notifications/index.ts";
import { isJsonObject, type JsonObject } from "../../../src/lib/json.ts";
import recorded from "./fixtures/apprise.json" with { type: "json" };

const at = { now: 1_796_033_671_149_476 };
const message = { subject: "The subject", body: "The body", ...at };

// What the blocks of 3.9.1 send by apprise, recorded. Left out: the sender's name in Mattermost (it is "Apprise") and in `user-agent`. Added:
// Discord's `botname`, which that version loses. The line end behind PagerDuty's summary is cut.
describe("a notification block sends what the reference's sends", () => {
  it.each(recorded.map((one, number) => ({ number, ...one })))("$number: $slug", ({ slug, data, subject, body, requests }) => {
    const sent = notificationRequests(slug, data as JsonObject, { ...at, subject, body }).map(
      ({ method, url, headers, body }) => {
        const { "user-agent": agent, ...others } = headers;
        expect(agent).toBe("Prefect Notifications");
        const isForm = headers["content-type"] === "application/x-www-form-urlencoded";
        const content = isForm ? Object.fromEntries(new URLSearchParams(body ?? "")) : JSON.parse(body ?? "");
        for (const one of isForm ? [] : (content.attachments ?? [])) if (isJsonObject(one)) delete one.ts;
        return { method, url: new URL(url).href, headers: others, body: content };
      },
    );
    const wanted = requests.map((one) => ({
      ...one,
      url: new URL(one.url).href,
      body: typeof one.body === "string" ? Object.fromEntries(new URLSearchParams(one.body)) : one.body,
    }));
    expect(sent).toEqual(wanted);
  });

  it("posts to each channel of Mattermost, below its path", () => {
    const data = {
      hostname: "chat.example.com",
      token: "t0k",
      port: 443,
      secure: true,
      path: "/sub/",
      channels: ["one", "#two"],
      botname: "Bot",
    };
    const requests = notificationRequests("mattermost-webhook", data, message);
    expect(requests.map(({ url, body }) => [url, JSON.parse(body ?? "")])).toEqual(
      ["one", "two"].map((channel) => [
        "https://chat.example.com:443/sub/hooks/t0k",
        { text: "The subject\r\nThe body", username: "Bot", channel },
      ]),
    );
  });
});

describe("a custom webhook", () => {
  const data = {
    name: "inner name",
    url: "https://example.com/{{token}}?x=1",
    method: "PUT",
    params: { y: "{{ subject }}" },
    json_data: { text: "{{subject}}: {{body}}", list: ["{{name}}"], whole: "{{object}}", number: 3 },
    headers: { "X-Token": "Bearer {{token}}" },
    cookies: { a: "{{token}}" },
    secrets: { token: "s3cr3t", object: { deep: [1] } },
    allow_private_urls: false,
  };

  it("has its placeholders replaced by subject, body, name and secrets, in one pass", () => {
    const [request] = notificationRequests("custom-webhook", data, { ...message, body: "{{token}}" });
    expect({ ...request, body: JSON.parse(request?.body ?? "") }).toEqual({
      method: "PUT",
      url: "https://example.com/s3cr3t?x=1&y=The+subject",
      headers: {
        "user-agent": "Prefect Notifications",
        "content-type": "application/json",
        "x-token": "Bearer s3cr3t",
        cookie: "a=s3cr3t",
      },
      body: { text: "The subject: {{token}}", list: ["inner name"], whole: { deep: [1] }, number: 3 },
      public_only: true,
    });
  });

  it("sends forms, plain texts and nothing", () => {
    const contentOf = (more: JsonObject) => {
      const [request] = notificationRequests("custom-webhook", { ...data, json_data: null, ...more }, message);
      return [request?.headers["content-type"], request?.body];
    };
    expect(contentOf({ form_data: { a: "{{body}}" } })).toEqual(["application/x-www-form-urlencoded", "a=The+body"]);
    expect(contentOf({ form_data: "plain {{body}}" })).toEqual([undefined, "plain The body"]);
    expect(contentOf({})).toEqual([undefined, null]);
  });

  it.each([
    [{ url: "https://example.com/{{unknown}}" }],
    [{ form_data: { a: "b" } }],
    [{ url: "no url" }],
    [{ headers: { "X-Token": "{{token}}\r\nX-Other: 1" }, secrets: { ...data.secrets, token: "a\r\nb" } }],
    [{ headers: { "not a name": "x" } }],
  ])("with %o is refused without telling a secret", (more) => {
    const refused = () => notificationRequests("custom-webhook", { ...data, ...more }, message);
    expect(refused).toThrow(BlockRefused);
    expect(refused).not.toThrow(/s3cr3t/);
  });
});

describe("a block that cannot deliver is refused with a reason", () => {
  it.each([
    ["email-server-credentials", {}, /mail servers/],
    ["secret", { value: "x" }, /'secret'/],
    ["twilio-sms", { account_sid: "a", auth_token: "b", from_phone_number: "1", to_phone_numbers: [] }, /nobody/],
    [
      "sendgrid-email",
      { api_key: "a", sender_email: "b", to_emails: Array.from({ length: 51 }, (_, i) => `${i}@x`) },
      /more than 50/,
    ],
    ["slack-webhook", {}, /not a valid URL/],
  ])("%s", (slug, data, reason) => {
    expect(() => notificationRequests(slug, data, message)).toThrow(reason);
  });
});
