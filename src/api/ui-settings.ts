import { type Form, type Interface, rootOf } from "../http/static-site.ts";

/** Returns what the web interface reads before anything else, beside `/api` and without credentials (`prefect/server/schemas/ui.py UISettings`). */
export function uiSettings(url: string, { hasPasswords }: { hasPasswords: boolean }, site: Interface) {
  const baseOf = (form: Form) => (site.forms.includes(form) ? rootOf(site, form) || "/" : null);
  return {
    api_url: `${new URL(url).origin}/api`,
    csrf_enabled: false,
    auth: hasPasswords ? "BASIC" : null,
    flags: [],
    default_ui: site.first,
    available_uis: site.forms,
    v1_base_url: baseOf("v1"),
    v2_base_url: baseOf("v2"),
  };
}
