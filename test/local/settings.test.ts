import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { LocalError } from "../../src/local/errors.ts";
import { baseUrl, readSettings } from "../../src/local/settings.ts";

describe("readSettings", () => {
  it("has a default for each setting, also where the variable is empty", () => {
    const defaults = {
      host: "127.0.0.1",
      port: 4200,
      dataDir: resolve(".milliways"),
      tickSeconds: 60,
      authString: undefined,
      apiKey: undefined,
      allowedOrigins: undefined,
      log: "warn",
      uiBase: "",
    };
    expect(readSettings({})).toEqual(defaults);
    expect(
      readSettings({ PORT: "", HOST: "", MILLIWAYS_TICK_SECONDS: "", MILLIWAYS_AUTH_STRING: "", MILLIWAYS_LOG: "" }),
    ).toEqual(defaults);
  });

  it.each([
    [{ PORT: "http" }, 'PORT must be a port between 1 and 65535, not "http".'],
    [{ PORT: "0" }, "PORT must be a port between 1 and 65535, not 0."],
    [{ PORT: "65536" }, "PORT must be a port between 1 and 65535, not 65536."],
    [{ PORT: "4200.5" }, "PORT must be a port between 1 and 65535, not 4200.5."],
    [{ MILLIWAYS_TICK_SECONDS: "-1" }, 'MILLIWAYS_TICK_SECONDS must be a number of seconds between 0 and 86400, not "-1".'],
    [{ MILLIWAYS_TICK_SECONDS: "86401" }, "MILLIWAYS_TICK_SECONDS must be a number of seconds between 0 and 86400, not 86401."],
    [{ MILLIWAYS_AUTH_STRING: "nobody" }, "MILLIWAYS_AUTH_STRING must be of the form user:password."],
    [{ MILLIWAYS_API_KEY: "two words" }, "MILLIWAYS_API_KEY must not contain white space."],
    [
      { MILLIWAYS_LOG_RETENTION_DAYS: "0.01" },
      'MILLIWAYS_LOG_RETENTION_DAYS must be a number of days, from an hour (1/24) to 36500, not "0.01".',
    ],
    [
      { MILLIWAYS_EVENT_RETENTION_DAYS: "week" },
      'MILLIWAYS_EVENT_RETENTION_DAYS must be a number of days, from an hour (1/24) to 36500, not "week".',
    ],
    [{ MILLIWAYS_UI_BASE: "prefect" }, 'MILLIWAYS_UI_BASE must be a path of its own such as /prefect, not "prefect".'],
    [{ MILLIWAYS_UI_BASE: "/api/ui" }, 'MILLIWAYS_UI_BASE must be a path of its own such as /prefect, not "/api/ui".'],
    [{ MILLIWAYS_UI_BASE: "/a/../b" }, 'MILLIWAYS_UI_BASE must be a path of its own such as /prefect, not "/a/../b".'],
    [{ MILLIWAYS_LOG: "loud" }, 'MILLIWAYS_LOG must be one of error, warn, info, not "loud".'],
  ])("refuses %o in one sentence that names the setting", (environment, sentence) => {
    expect(() => readSettings(environment)).toThrow(new LocalError(sentence));
  });

  it("takes the web interface's place from this folder, and its path without a slash at its end", () => {
    const read = (MILLIWAYS_UI: string) => readSettings({ MILLIWAYS_UI, MILLIWAYS_UI_BASE: "/a/prefect/" });
    expect(read("venv")).toMatchObject({ ui: resolve("venv"), uiBase: "/a/prefect" });
    expect(read("off").ui).toBe("off");
  });

  it.each(["0.0.0.0", "::", "192.0.2.7", "example.org", "127.example.org"])("listens on %s only with credentials", (host) => {
    expect(() => readSettings({ HOST: host })).toThrow(/^Set MILLIWAYS_AUTH_STRING or MILLIWAYS_API_KEY before HOST=/);
    expect(readSettings({ HOST: host, MILLIWAYS_API_KEY: "key" }).host).toBe(host);
    expect(readSettings({ HOST: host, MILLIWAYS_AUTH_STRING: "user:password" }).host).toBe(host);
  });

  it.each(["127.0.0.1", "127.1.2.3", "localhost", "::1"])("listens on %s without credentials", (host) => {
    expect(readSettings({ HOST: host }).host).toBe(host);
  });
});

describe("baseUrl", () => {
  it.each([
    ["127.0.0.1", "http://127.0.0.1:4200"],
    ["0.0.0.0", "http://127.0.0.1:4200"],
    ["::", "http://[::1]:4200"],
    ["localhost", "http://localhost:4200"],
  ])("reaches a server on %s at %s", (host, url) => {
    expect(baseUrl({ host, port: 4200 })).toBe(url);
  });
});
