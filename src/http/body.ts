import { endOfString } from "../lib/exact-json.ts";
import { isRawJson, type Json, type ReadJson, readJsonText, stringifyJson, TooManyExactNumbers } from "../lib/json.ts";
import { type MemoryLease, OutOfMemory } from "../lib/memory.ts";
import { requestBounds } from "../schemas/lists.ts";
import { ApiError, badRequest, invalidRequest } from "./errors.ts";

/** The largest body that is read, in bytes. */
export const maxBodyBytes = 5 * 1024 * 1024;
const maxDepth = 500;
// As Python does: to turn more digits into a number takes the square of them.
const mostDigits = 4300;
const tooManyDigits = new RegExp(`\\d{${mostDigits + 1}}`);

/** What came as a body: parsed JSON, or nothing, or content that is no JSON by its type. */
export type Body =
  | { readonly kind: "json"; readonly value: ReadJson }
  | { readonly kind: "none" }
  | { readonly kind: "other"; readonly text: string };

/**
 * Reads a request's body, its memory held by the lease. Throws 413, 400, 422 (`prefect/server/api/server.py
 * validation_exception_handler`), or OutOfMemory.
 */
export async function readBody(request: Request, lease: MemoryLease): Promise<Body> {
  const length = request.headers.get("content-length");
  if (Number(length ?? 0) > maxBodyBytes) throw tooLarge();
  if (length !== null) await lease.grow(Number(length));
  // A body that breaks off has no reader left: this answer is for the log.
  const bytes = await readBytes(request, lease).catch((error) => {
    throw error instanceof ApiError || error instanceof OutOfMemory ? error : unreadable();
  });
  if (bytes.length === 0) return { kind: "none" };
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== undefined && type !== "" && type !== "application/json" && !/^application\/[^/]+\+json$/.test(type))
    return { kind: "other", text: new TextDecoder().decode(bytes) };
  return { kind: "json", value: parseBody(decode(bytes)) };
}

const tooLarge = () => new ApiError(413, { detail: "Request body is too large." });

/** A body of unknown length is held by so many bytes at a time. */
const heldAtOnce = 128 * 1024;

// Without a length (chunked) the body is counted while it comes in. hono/body-limit would hold such a body outside of the lease, copy it into
// a new request, from which it is copied again, and leave one that is too large unread; a body with a length it passes on unread.
async function readBytes(request: Request, lease: MemoryLease): Promise<Uint8Array> {
  if (request.headers.has("content-length") || request.body === null) {
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (bytes.length > maxBodyBytes) throw tooLarge();
    return bytes;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  let held = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.length;
    if (size > maxBodyBytes) {
      await reader.cancel();
      throw tooLarge();
    }
    if (size - held > heldAtOnce) {
      await lease.grow(size - held);
      held = size;
    }
    chunks.push(part.value);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

const unreadable = () => badRequest("There was an error parsing the body");

const decoderOf = (encoding: string) => new TextDecoder(encoding, { fatal: true, ignoreBOM: false });
const decoders = { "utf-8": decoderOf("utf-8"), "utf-16le": decoderOf("utf-16le"), "utf-16be": decoderOf("utf-16be") };

function decode(bytes: Uint8Array): string {
  try {
    return decoders[encodingOf(bytes)].decode(bytes);
  } catch {
    throw unreadable();
  }
}

// JSON begins with an ASCII character, so the zero bytes around it tell UTF-16 from UTF-8 (RFC 4627, 3).
function encodingOf(bytes: Uint8Array): keyof typeof decoders {
  const [first, second, third] = bytes;
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0 && third !== 0 && bytes.length > 2)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0 && second !== undefined)) return "utf-16be";
  return "utf-8";
}

function parseBody(text: string): ReadJson {
  const { depth, containers, commas, members } = shapeOf(text);
  if (depth > maxDepth) throw unreadable();
  if (containers > requestBounds.containers) throw tooMany("objects and lists", requestBounds.containers, text);
  if (commas > requestBounds.commas) throw tooMany("commas", requestBounds.commas, text);
  if (members > requestBounds.allMembers) throw tooMany("members of objects", requestBounds.allMembers, text);
  let value: ReadJson;
  try {
    value = readJsonText(text, requestBounds.exactNumbers);
  } catch (error) {
    if (error instanceof TooManyExactNumbers)
      throw tooMany("different floats without a fraction and integers beyond 2^53", requestBounds.exactNumbers, text);
    throw invalidJson(error, text);
  }
  if (/\\ud[89a-f]/i.test(text) && hasLoneSurrogate(value.plain)) throw loneSurrogate(text);
  if (tooManyDigits.test(text) && hasLongNumber(value.exact)) throw unreadable();
  return value;
}

interface Shape {
  readonly depth: number;
  readonly containers: number;
  readonly commas: number;
  readonly members: number;
}

/** Returns how deep a text's objects and lists stand in each other, how many there are, and how many values; all 0 for a short text. */
function shapeOf(text: string): Shape {
  let containers = 0;
  let commas = 0;
  let members = 0;
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length && text.length >= maxDepth; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x5b || c === 0x7b) {
      containers++;
      deepest = Math.max(deepest, ++depth);
    } else if (c === 0x5d || c === 0x7d) depth--;
    else if (c === 0x2c) commas++;
    else if (c === 0x3a) members++;
    else if (c === 0x22) i = endOfString(text, i);
  }
  return { depth: deepest, containers, commas, members };
}

// Two million empty objects or numbers, or half a million different names, take half a second, in which nothing else is answered.
const tooMany = (parts: string, most: number, text: string): ApiError =>
  invalidRequest([{ type: "too_long", loc: ["body"], msg: `Body should have at most ${most} ${parts}`, input: null }], text);

function hasLoneSurrogate(value: Json): boolean {
  if (typeof value === "string") return !value.isWellFormed();
  if (Array.isArray(value)) return value.some(hasLoneSurrogate);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, member]) => !key.isWellFormed() || hasLoneSurrogate(member));
}

function hasLongNumber(value: Json): boolean {
  if (isRawJson(value)) return stringifyJson(value).replace("-", "").length > mostDigits;
  return typeof value === "object" && value !== null && Object.values(value).some(hasLongNumber);
}

function invalidJson(error: unknown, text: string): ApiError {
  const message = error instanceof Error ? error.message : "";
  const position = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
  return invalidRequest(
    [
      {
        type: "json_invalid",
        loc: ["body", position],
        msg: "JSON decode error",
        input: {},
        ctx: { error: message.replace(/ in JSON at.*| is not valid JSON.*/s, "") },
      },
    ],
    text.toWellFormed(),
  );
}

const loneSurrogate = (text: string) =>
  invalidRequest(
    [
      {
        type: "string_unicode",
        loc: ["body"],
        msg: "Input should be a valid string, unable to parse raw data as a unicode string",
        input: null,
      },
    ],
    text,
  );
