import type { Deps } from "../deps.ts";
import { resolveEventFilter } from "../domain/events/filter.ts";
import { type PageToken, writePageToken } from "../domain/events/page-token.ts";
import type { Rows } from "../lib/rows.ts";
import type { EventFilter } from "../schemas/filters/events.ts";
import { firstEvents, listEvents } from "../store/events/read.ts";
import type { EventRow } from "../store/tables/events.ts";

/** A page of events; `next` is the token of the following page, null on the last one. */
export interface EventsPage {
  readonly rows: Rows<EventRow>;
  readonly total: number;
  readonly next: string | null;
}

/** Returns the first page of the events that match. */
export async function readEvents(deps: Deps, question: { filter?: EventFilter | undefined; limit: number }): Promise<EventsPage> {
  const filter = resolveEventFilter(question.filter, deps.now());
  const { rows, total, last } = await firstEvents(deps.db, { filter, limit: question.limit });
  return { rows, total, next: await tokenBehind(last, { filter, total, limit: question.limit, offset: 0 }) };
}

/** Returns the page that a token identifies. */
export async function readNextEvents(deps: Deps, { after, ...page }: PageToken): Promise<EventsPage> {
  const { rows, last } = await listEvents(deps.db, { filter: page.filter, limit: page.limit, after });
  return { rows, total: page.total, next: await tokenBehind(last, page) };
}

async function tokenBehind(last: () => Promise<EventRow | null>, page: Omit<PageToken, "after">): Promise<string | null> {
  const offset = page.offset + page.limit;
  const after = offset >= page.total ? null : await last();
  return after === null ? null : writePageToken({ ...page, offset, after });
}
