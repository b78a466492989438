/** Encrypts texts under keys that are known by an id, each bound to the place where it is kept. */
export interface SecretBox {
  /** Encrypts a text for a place (such as a row and a column); only there it can be opened. Throws SecretsUnavailable without a key. */
  seal(text: string, place: string): Promise<string>;
  /** Returns the text; throws SecretsUnavailable without its key, an error where it was changed or moved. */
  open(sealed: string, place: string): Promise<string>;
  /** Returns how what is sealed now begins; throws SecretsUnavailable without a key. */
  prefix(): Promise<string>;
}

/** Returns the place of a row's column, for `seal` and `open`. */
export const placeOf = (table: string, column: string, id: string): string => `${table}.${column}:${id}`;

/** There is no key for what has to be encrypted or decrypted. Its text is for the client and carries no secret. */
export class SecretsUnavailable extends Error {}

const nonceBytes = 12;
const idBytes = 4;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

type Bytes = Uint8Array<ArrayBuffer>;

const toBase64 = (bytes: Bytes): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
};

const fromBase64 = (text: string): Bytes => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

interface Key {
  readonly id: string;
  readonly key: CryptoKey;
}

async function importKey(text: string): Promise<Key> {
  const bytes = fromBase64(text);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const id = Array.from(digest.subarray(0, idBytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { id, key: await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]) };
}

const noKey =
  "This server has no key for secrets: set MILLIWAYS_ENCRYPTION_KEY, 32 random bytes in Base64, to store and to show what is secret.";

/**
 * Returns a box with these keys of 32 bytes in Base64, of which the first encrypts: AES-256-GCM with a random nonce for each text. A sealed text is `<id of the key>.<nonce and ciphertext>`,
 * so that several keys can be in use while one takes the place of another.
 */
export function secretBox(keys: readonly string[], randomBytes: (length: number) => Bytes): SecretBox {
  let imported: Promise<Key[]> | undefined;
  const all = (): Promise<Key[]> => {
    imported ??= Promise.all(keys.map(importKey));
    return imported;
  };
  const first = async (): Promise<Key> => {
    const [key] = await all();
    if (key === undefined) throw new SecretsUnavailable(noKey);
    return key;
  };
  return {
    prefix: async () => `${(await first()).id}.`,
    async seal(text, place) {
      const { id, key } = await first();
      const nonce = randomBytes(nonceBytes);
      const how = { name: "AES-GCM", iv: nonce, additionalData: encoder.encode(place) };
      const ciphertext = new Uint8Array(await crypto.subtle.encrypt(how, key, encoder.encode(text)));
      const joined = new Uint8Array(nonceBytes + ciphertext.length);
      joined.set(nonce);
      joined.set(ciphertext, nonceBytes);
      return `${id}.${toBase64(joined)}`;
    },
    async open(sealed, place) {
      const [wanted, text = ""] = sealed.split(".");
      const found = (await all()).find(({ id }) => id === wanted);
      if (found === undefined)
        throw new SecretsUnavailable(
          keys.length === 0 ? noKey : "This secret was stored with a key that MILLIWAYS_ENCRYPTION_KEY has not.",
        );
      const joined = fromBase64(text);
      const how = { name: "AES-GCM", iv: joined.subarray(0, nonceBytes), additionalData: encoder.encode(place) };
      return decoder.decode(await crypto.subtle.decrypt(how, found.key, joined.subarray(nonceBytes)));
    },
  };
}
