import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const fileOf = (path: string): string => join(path, "encryption-key");

const newKey = (): string => randomBytes(32).toString("base64");

/** Writes the keys of a data folder's secrets, for this user alone to read: at once, so that no crash leaves a part of them. */
function writeKeys(path: string, keys: string): void {
  const file = fileOf(path);
  writeFileSync(`${file}.new`, `${keys}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Returns the keys of a data folder's secrets, comma-separated; creates one where the folder has none. */
export function keysOfFolder(path: string): string {
  if (!existsSync(fileOf(path))) writeKeys(path, newKey());
  return readFileSync(fileOf(path), "utf8").trim();
}

/** Puts a new key before those of a data folder and returns all of them; `keepFirstKey` drops the others afterwards. */
export function addKey(path: string): string {
  const keys = `${newKey()},${keysOfFolder(path)}`;
  writeKeys(path, keys);
  return keys;
}

/** Drops all keys of a data folder but the first, under which all secrets are encrypted by then. */
export function keepFirstKey(path: string): void {
  writeKeys(path, keysOfFolder(path).split(",")[0] ?? "");
}
