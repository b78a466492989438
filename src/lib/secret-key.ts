/** What is stored of a key instead of the key. */
export interface KeyDigest {
  /** SHA-256 in hexadecimal. Without salt, because the key itself is 256 random bits. */
  readonly hash: string;
  /** The first characters, by which people recognise a key. */
  readonly prefix: string;
}

/** The length of a key's random part in bytes. */
export const secretBytes = 32;
const shownCharacters = 9;
const encoder = new TextEncoder();

/** Returns the key of 32 random bytes, in base64url. */
export function keyOf(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return `mw_${text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

/** Returns what is stored of a key. */
export async function digestOf(key: string): Promise<KeyDigest> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(key)));
  const hash = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { hash, prefix: key.slice(0, shownCharacters) };
}
