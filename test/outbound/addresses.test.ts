import { describe, expect, it } from "vitest";
import { isPublicHost } from "../../src/outbound/addresses.ts";

describe("a public address", () => {
  it.each([
    "https://example.com",
    "https://hooks.slack.com./services/x",
    "http://8.8.8.8",
    "http://9.255.255.255",
    "http://11.0.0.0",
    "http://100.63.255.255",
    "http://100.128.0.0",
    "http://126.255.255.255",
    "http://128.0.0.1",
    "http://169.253.0.1",
    "http://169.255.0.1",
    "http://172.15.255.255",
    "http://172.32.0.0",
    "http://192.0.1.0",
    "http://192.167.255.255",
    "http://192.169.0.0",
    "http://198.17.255.255",
    "http://198.20.0.0",
    "http://223.255.255.255",
    "http://[2606:4700::1111]",
    "http://[2001:4860:4860::8888]",
    "http://[2001:200::1]",
    "http://[2a00::1]",
    "http://[3ffe::1]",
    "https://localhost.example.com",
    "https://local.example.com",
  ])("such as %s is allowed", (url) => {
    expect(isPublicHost(new URL(url))).toBe(true);
  });
});
