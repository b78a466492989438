import type { Deps } from "../deps.ts";
import { resolveEventFilter } from "../domain/events/filter.ts";
import { type PageToken, writePageToken } from "../domain/events/page-token.ts";
import type { EventFilter } from "../schemas/filters/events.ts";
import { firstEvents, listEvents } from "../store/events.ts";
import type { EventRow } from "../store/tables/events.ts";

/** A page of events; `next` is the token of the page behind it, null on the last one. */
export interface EventsPage {
  readonly rows: EventRow[];
  readonly total: number;
  readonly next: string | null;
}

/** Returns the first page of the events that match. */
export async function readEvents(deps: Deps, question: { filter?: EventFilter | undefined; limit: number }): Promise<EventsPage> {
  const filter = resolveEventFilter(question.filter, deps.now());
  const { rows, total } = await firstEvents(deps.db, { filter, limit: question.limit });
  return { rows, total, next: tokenBehind(rows, { filter, total, limit: question.limit, offset: 0 }) };
}

/** Returns the page that a token stands for. */
export async function readNextEvents(deps: Deps, { after, ...page }: PageToken): Promise<EventsPage> {
  const rows = await listEvents(deps.db, { filter: page.filter, limit: page.limit, after });
  return { rows, total: page.total, next: tokenBehind(rows, page) };
}

function tokenBehind(rows: readonly EventRow[], page: Omit<PageToken, "after">): string | null {
  const last = rows.at(-1);
  const offset = page.offset + page.limit;
  return last === undefined || offset >= page.total ? null : writePageToken({ ...page, offset, after: last });
}
