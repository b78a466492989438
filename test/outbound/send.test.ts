import { describe, expect, it, vi } from "vitest";
import type { OutboundRequest } from "../../src/outbound/contract.ts";
import { outbound } from "../../src/outbound/send.ts";
import { startReceiver } from "../support/receiver.ts";

const now = () => Date.now() * 1000;
const minute = 60_000_000;
const request = (url: string, more: Partial<OutboundRequest> = {}): OutboundRequest => ({
  method: "POST",
  url,
  headers: { authorization: "Bearer secret-1", "content-type": "text/plain", "x-key": "secret-2" },
  body: "the body",
  ...more,
});
const send = (one: OutboundRequest, options: { allowsPrivate?: boolean; timeout?: number } = {}) =>
  outbound({ allowsPrivate: options.allowsPrivate ?? true, now })(one, now() + (options.timeout ?? minute));

describe("a request to a server of a user", () => {
  it("arrives as it is, and its response comes back with any status", async () => {
    await using receiver = await startReceiver(() => ({ status: 418, body: "tea", headers: { "x-tea": "green" } }));
    expect(await send(request(`${receiver.url}/a?b=c`))).toMatchObject({
      kind: "answered",
      status: 418,
      headers: { "x-tea": "green" },
      body: "tea",
    });
    const [got] = receiver.received;
    expect(got).toMatchObject({ method: "POST", path: "/a?b=c", body: "the body" });
    expect(got?.headers).toMatchObject({ authorization: "Bearer secret-1", "x-key": "secret-2", "content-type": "text/plain" });
  });

  it("shows the user and password of its address as HTTP Basic", async () => {
    await using receiver = await startReceiver();
    const url = receiver.url.replace("//", "//user:p%C3%A4ss@");
    expect(await send(request(url, { headers: {} }))).toMatchObject({ kind: "answered", status: 200 });
    expect(receiver.received[0]?.headers.authorization).toBe(`Basic ${Buffer.from("user:päss").toString("base64")}`);
  });

  it("follows three redirects and no fourth", async () => {
    await using receiver = await startReceiver(({ path }) => {
      const left = Number(path.slice(1));
      return left === 0 ? { status: 200, body: "there" } : { status: 307, headers: { location: `/${left - 1}` } };
    });
    expect(await send(request(`${receiver.url}/3`))).toMatchObject({ kind: "answered", body: "there" });
    expect(receiver.received.map(({ path, body }) => [path, body])).toEqual(
      ["/3", "/2", "/1", "/0"].map((path) => [path, "the body"]),
    );
    expect(await send(request(`${receiver.url}/4`))).toEqual({
      kind: "unreachable",
      reason: "The server redirected more than 3 times.",
    });
  });

  it("reads the target of a 302 without its body, and tells another origin no secret of its headers", async () => {
    await using other = await startReceiver();
    await using receiver = await startReceiver(() => ({ status: 302, headers: { location: `${other.url}/x` } }));
    await send(request(receiver.url));
    const [got] = other.received;
    expect([got?.method, got?.body]).toEqual(["GET", ""]);
    expect(JSON.stringify(got?.headers)).not.toContain("secret");
  });

  it("ends at its deadline where the server does not respond", async () => {
    await using receiver = await startReceiver(() => null);
    const secret = `${receiver.url}/services/T0SECRET`;
    expect(await send(request(secret), { timeout: 50_000 })).toEqual({
      kind: "unreachable",
      reason: "The server did not respond in time.",
    });
  });

  it("takes responses of 1 MiB and no larger ones", async () => {
    const mebibyte = 1024 * 1024;
    await using receiver = await startReceiver(({ path }) => ({ status: 200, body: "x".repeat(Number(path.slice(1))) }));
    expect(await send(request(`${receiver.url}/${mebibyte}`))).toMatchObject({ kind: "answered", status: 200 });
    expect(await send(request(`${receiver.url}/${mebibyte + 1}`))).toEqual({
      kind: "unreachable",
      reason: "The response was larger than 1 MiB.",
    });
  });

  it("that nobody listens to is unreachable, for a reason without the address", async () => {
    const { url } = await (async () => {
      await using receiver = await startReceiver();
      return receiver;
    })();
    const outcome = await send(request(`${url}/secret-path`));
    expect(outcome).toEqual({ kind: "unreachable", reason: "The server could not be reached." });
  });
});

const forbidden = [
  "http://127.0.0.1/",
  "http://127.1/",
  "http://127.0.1/",
  "http://2130706433/",
  "http://0x7f000001/",
  "http://0x7f.1/",
  "http://0177.0.0.1/",
  "http://017700000001/",
  "http://0/",
  "http://0.0.0.0/",
  "http://10.1.2.3/",
  "http://10.255.255.255/",
  "http://100.64.0.1/",
  "http://100.127.255.254/",
  "http://169.254.169.254/latest/meta-data",
  "http://0xa9fea9fe/",
  "http://2852039166/",
  "http://172.16.0.1/",
  "http://172.31.255.255/",
  "http://192.0.0.8/",
  "http://192.0.2.1/",
  "http://192.88.99.1/",
  "http://192.168.1.1/",
  "http://198.18.0.1/",
  "http://198.19.255.255/",
  "http://198.51.100.1/",
  "http://203.0.113.1/",
  "http://224.0.0.1/",
  "http://255.255.255.255/",
  "http://127.0.0.1./",
  "http://１２７.０.０.１/",
  "http://①②⑦.⓪.⓪.①/",
  "http://[::]/",
  "http://[::1]/",
  "http://[::ffff:127.0.0.1]/",
  "http://[::ffff:7f00:1]/",
  "http://[::ffff:169.254.169.254]/",
  "http://[::127.0.0.1]/",
  "http://[64:ff9b::7f00:1]/",
  "http://[64:ff9b:1::a00:1]/",
  "http://[100::1]/",
  "http://[2001::1]/",
  "http://[2001:0:7f00:1::]/",
  "http://[2001:10::1]/",
  "http://[2001:db8::1]/",
  "http://[2002:7f00:1::]/",
  "http://[2002:a9fe:a9fe::]/",
  "http://[3fff::1]/",
  "http://[fc00::1]/",
  "http://[fd00:ec2::254]/",
  "http://[fe80::1]/",
  "http://[fec0::1]/",
  "http://[ff02::1]/",
  "http://localhost/",
  "http://localhost./",
  "http://LOCALHOST:8080/",
  "http://a.localhost/",
  "http://printer.local/",
  "http://metadata.google.internal/",
  "http://metadata/",
  "http://router.home.arpa/",
  "http://user:password@127.0.0.1/",
  "http://example.com@127.0.0.1/",
];

describe("a private address", () => {
  it.each(forbidden)("such as %s is refused for a reason without it", async (url) => {
    const outcome = await send(request(url), { allowsPrivate: false });
    expect(outcome).toEqual({ kind: "refused_address", reason: "The address is not public." });
  });

  it.each(forbidden)("is not reached by a redirect of a public server to %s", async (location) => {
    const asked: string[] = [];
    // The first server would have to be public: the network is ours here, not the code.
    vi.stubGlobal("fetch", async (url: URL) => {
      asked.push(url.href);
      return new Response(null, { status: 307, headers: { location: location.replace(/[^ -~]/g, encodeURIComponent) } });
    });
    try {
      const outcome = await send(request("https://public.example.com/"), { allowsPrivate: false });
      expect(outcome).toEqual({ kind: "refused_address", reason: "The address is not public." });
    } finally {
      vi.unstubAllGlobals();
    }
    expect(asked).toEqual(["https://public.example.com/"]);
  });

  it.each(["file:///etc/passwd", "ftp://example.com/", "data:text/plain,x", "gopher://example.com", "javascript:1"])(
    "is no other than http and https: %s",
    async (url) => {
      expect(await send(request(url))).toEqual({ kind: "refused_address", reason: "Only http and https addresses are allowed." });
    },
  );

  it("is refused for one request of a server that allows them", async () => {
    await using receiver = await startReceiver();
    expect((await send(request(receiver.url, { public_only: true }))).kind).toBe("refused_address");
    expect((await send(request(receiver.url, { public_only: false }))).kind).toBe("answered");
    expect(receiver.received.length).toBe(1);
  });
});
