import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Returns the key of a data folder's secrets in Base64; makes one, for this user alone to read, where the folder has none. */
export function keyOfFolder(path: string): string {
  const file = join(path, "encryption-key");
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(32).toString("base64")}\n`, { mode: 0o600, flag: "wx" });
  return readFileSync(file, "utf8").trim();
}
