import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { LocalError } from "../errors.ts";
import { NotThere, PageTooLarge, type Source } from "./source.ts";

/** A page of objects, and where the next one begins. */
export interface SourcePage {
  readonly items: readonly unknown[];
  readonly position: JsonObject;
}

/** The maximum number of objects that the reference gives at once (`prefect/settings.py PREFECT_API_DEFAULT_LIMIT`). */
const largestPage = 200;

const numberAt = (position: Json, name: string): number => {
  const value = isJsonObject(position) ? position[name] : undefined;
  return typeof value === "number" ? value : 0;
};

/** Asks for a page and halves it as long as its answer is too large; returns the objects and the size that was asked for. */
async function askPage(
  limit: number,
  path: string,
  ask: (limit: number) => Promise<Json>,
): Promise<{ items: readonly unknown[]; limit: number }> {
  for (let size = limit; ; size = Math.floor(size / 2)) {
    try {
      const items = await ask(size);
      if (!Array.isArray(items) || items.length > size)
        throw new LocalError(`The source answered something that is no list of at most ${size} objects for ${path}.`);
      return { items, limit: size };
    } catch (error) {
      if (!(error instanceof PageTooLarge)) throw error;
      if (size <= 1) throw new LocalError(`One object of ${path} is larger than is read from a source.`);
    }
  }
}

/** Gives the objects of a list that has a total order, a page at a time; none where the source has no such list. */
export async function* offsetPages(source: Source, path: string, body: JsonObject, position?: Json): AsyncGenerator<SourcePage> {
  let limit = largestPage;
  for (let offset = numberAt(position, "offset"); ; ) {
    let items: readonly unknown[];
    try {
      ({ items, limit } = await askPage(limit, path, (size) => source.post(path, { ...body, limit: size, offset })));
    } catch (error) {
      if (error instanceof NotThere) return;
      throw error;
    }
    offset += items.length;
    if (items.length > 0) yield { items, position: { offset } };
    if (items.length < limit) return;
  }
}

/**
 * Gives the objects of a list in the order of a time, from the last time on: a long list costs the source no more at its end, and objects
 * that come or go meanwhile move no page. `skip` counts the objects of the last time that were given already.
 */
export async function* timePages(
  source: Source,
  { path, since, member, body }: { path: string; since: string; member: string; body: (after: string) => JsonObject },
  position?: Json,
): AsyncGenerator<SourcePage> {
  const kept = isJsonObject(position) && typeof position.after === "string" ? position.after : undefined;
  let after = kept ?? since;
  let skip = kept === undefined ? 0 : numberAt(position, "skip");
  let limit = largestPage;
  for (;;) {
    let items: readonly unknown[];
    ({ items, limit } = await askPage(limit, path, (size) => source.post(path, { ...body(after), limit: size, offset: skip })));
    const times = items.map((item) => (isJsonObject(item) ? item[member] : null));
    const last = times.at(-1);
    if (typeof last === "string") {
      const ofLast = times.filter((time) => time === last).length;
      skip = last === after ? skip + items.length : ofLast;
      after = last;
    } else if (items.length > 0) throw new LocalError(`The source answered an object without "${member}" for ${path}.`);
    if (items.length > 0) yield { items, position: { after, skip } };
    if (items.length < limit) return;
  }
}
