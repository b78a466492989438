import type { JsonObject } from "../../lib/json.ts";

/** A property of a block, as its form shows it. */
export type Property = JsonObject & { readonly title: string };

export const text = (title: string, more: JsonObject = {}): Property => ({ title, type: "string", ...more });
export const secret = (title: string, more: JsonObject = {}): Property =>
  text(title, { format: "password", writeOnly: true, ...more });
export const flag = (title: string, byDefault: boolean): Property => ({ title, type: "boolean", default: byDefault });
export const number = (title: string, more: JsonObject = {}): Property => ({ title, type: "number", ...more });
export const object = (title: string, more: JsonObject = {}): Property => ({ title, type: "object", ...more });
export const texts = (title: string): Property => ({ title, type: "array", items: { type: "string" } });
export const choice = (title: string, values: readonly string[], byDefault: string): Property => ({
  title,
  type: "string",
  enum: values,
  default: byDefault,
});

const none = { type: "null" };

/** A property that may be null, which it is by default; `part` is what else it may be. */
export const nullable = ({ title, ...part }: Property): Property => ({ title, anyOf: [part, none], default: null });
