import type { Config } from "../env.ts";

/** Returns what the web interface reads before anything else, beside `/api` and without credentials. No interface is served here. */
export const uiSettings = (url: string, config: Config) => ({
  api_url: `${new URL(url).origin}/api`,
  csrf_enabled: false,
  auth: config.authString === undefined ? null : "BASIC",
  flags: [],
  default_ui: "v1",
  available_uis: [],
  v1_base_url: null,
  v2_base_url: null,
});
