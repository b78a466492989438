import { expect } from "vitest";
import type { Role } from "../../src/schemas/api-keys.ts";
import type { TestApp } from "./app.ts";

/** The credentials that a test server has beside its keys. */
export const password = "admin:password";
export const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });
export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
export const admin = basic(password);

/** A key as its creation showed it. */
export interface MadeKey {
  readonly id: string;
  readonly key: string;
  readonly headers: Record<string, string>;
}

/** Creates a key with the configured credentials. */
export async function makeKey(app: TestApp, role: Role, more: object = {}): Promise<MadeKey> {
  const { status, body, text } = await app.post("/admin/keys/", { name: `a ${role}`, role, ...more }, admin);
  expect(status, text).toBe(201);
  return { id: body.id, key: body.key, headers: bearer(body.key) };
}
