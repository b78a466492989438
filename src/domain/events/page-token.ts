import { parseJson, stringifyJson } from "../../lib/json.ts";
import { formatTime } from "../../lib/time.ts";
import { eventPageToken } from "../../schemas/events.ts";
import type { ResolvedEventFilter } from "./filter.ts";

/** All that the next page of events needs: the resolved filter, and the position where the last page ended. */
export interface PageToken {
  readonly filter: ResolvedEventFilter;
  readonly total: number;
  readonly limit: number;
  /** The number of events on the pages before. */
  readonly offset: number;
  readonly after: { readonly occurred: number; readonly position: number };
}

/** Returns the token as text that is safe in a URL. */
export function writePageToken({ filter, total, limit, offset, after }: PageToken): string {
  const occurred = { since: formatTime(filter.occurred.since), until: formatTime(filter.occurred.until) };
  const text = stringifyJson({ filter: { ...filter, occurred }, total, limit, offset, after: [after.occurred, after.position] });
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

/** Reads a token; null if it was not written by `writePageToken`. */
export function readPageToken(text: string): PageToken | null {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
    const read = eventPageToken.safeParse(parseJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes)));
    if (!read.success) return null;
    const { filter, total, limit, offset, after } = read.data;
    const { since, until } = filter.occurred ?? {};
    if (since === undefined || until === undefined) return null;
    const [occurred, position] = after;
    return { filter: { ...filter, occurred: { since, until } }, total, limit, offset, after: { occurred, position } };
  } catch {
    return null;
  }
}
