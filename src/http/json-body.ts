import { isJsonObject, type Json, type JsonObject, stringifyJson } from "../lib/json.ts";
import { Rows } from "../lib/rows.ts";

/**
 * A response up to this size, in characters, is built completely before it is sent, so that an error during its construction has
 * its own status.
 */
const bufferedLength = 500_000;
/** The size of a chunk, in characters. */
const partSize = 250_000;

type Part = string | Rows<Json>;
type Texts = Generator<string, void, undefined> | AsyncGenerator<string, void, undefined>;

type Body = string | ReadableStream<Uint8Array>;

/** Returns a response as JSON text; large `Rows` as a stream, whose rows are read as the client receives them. */
export function jsonBody(value: Json): Body | Promise<Body> {
  const parts = partsOf(value);
  return parts === null ? stringifyJson(value) : bodyOf(parts);
}

async function bodyOf(parts: readonly Part[]): Promise<Body> {
  const texts = parts.every((part) => typeof part === "string" || Symbol.iterator in part.source)
    ? textsOf(parts)
    : lazyTexts(parts);
  const first = await take(texts, bufferedLength);
  return first.isLast ? first.text : streamOf(first.text, texts);
}

/** Returns the texts around the rows and the rows, null for a response without rows. */
function partsOf(value: Json): Part[] | null {
  if (value instanceof Rows) return ["[", value, "]"];
  if (!isJsonObject(value) || !hasRows(value)) return null;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const parts = members.flatMap(([name, member], i): Part[] => {
    const head = `${i === 0 ? "{" : ","}${stringifyJson(name)}:`;
    return member instanceof Rows ? [`${head}[`, member, "]"] : [head + stringifyJson(member)];
  });
  return [...parts, "}"];
}

// Most responses are an object without rows: a list of its members would take a hundredth of the CPU time of a read.
function hasRows(value: JsonObject): boolean {
  for (const name in value) if (value[name] instanceof Rows) return true;
  return false;
}

const firstGroup = 8;
const largestGroup = 64;

/**
 * Serialises rows in groups, since a call per row would double the cost of short rows. The size of a group is estimated from the
 * previous ones.
 */
class RowWriter {
  #group: Json[] = [];
  #most = firstGroup;
  #isFirst = true;

  /** Adds a row; returns the text of the group when it is full, else null. */
  add(row: Json): string | null {
    this.#group.push(row);
    return this.#group.length < this.#most ? null : this.rest();
  }

  /** Returns the text of the remaining rows, null for none. */
  rest(): string | null {
    const rows = this.#group;
    if (rows.length === 0) return null;
    const text = stringifyJson(rows).slice(1, -1);
    const fitting = Math.floor((rows.length * partSize) / 2 / text.length);
    this.#most = Math.max(1, Math.min(fitting, largestGroup));
    this.#group = [];
    const comma = this.#isFirst ? "" : ",";
    this.#isFirst = false;
    return comma + text;
  }
}

function* textsOf(parts: readonly Part[]): Generator<string, void, undefined> {
  for (const part of parts) {
    if (typeof part === "string") yield part;
    else if (Symbol.iterator in part.source) {
      const writer = new RowWriter();
      for (const row of part.source) {
        const text = writer.add(row);
        if (text !== null) yield text;
      }
      yield writer.rest() ?? "";
    }
  }
}

async function* lazyTexts(parts: readonly Part[]): AsyncGenerator<string, void, undefined> {
  for (const part of parts) {
    if (typeof part === "string") yield part;
    else {
      const writer = new RowWriter();
      for await (const row of part) {
        const text = writer.add(row);
        if (text !== null) yield text;
      }
      yield writer.rest() ?? "";
    }
  }
}

async function take(texts: Texts, size: number): Promise<{ text: string; isLast: boolean }> {
  const taken: string[] = [];
  for (let length = 0; length < size; ) {
    const next = texts.next();
    const { done, value } = next instanceof Promise ? await next : next;
    if (done === true) return { text: taken.join(""), isLast: true };
    taken.push(value);
    length += value.length;
  }
  return { text: taken.join(""), isLast: false };
}

function streamOf(first: string, texts: Texts): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let isFirst = true;
  return new ReadableStream({
    async pull(controller) {
      const part = isFirst ? { text: first, isLast: false } : await take(texts, partSize);
      isFirst = false;
      controller.enqueue(encoder.encode(part.text));
      if (part.isLast) controller.close();
    },
    async cancel() {
      await texts.return();
    },
  });
}
