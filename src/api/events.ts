import * as z from "zod";
import { readPageToken } from "../domain/events/page-token.ts";
import { forbidden, unprocessable } from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { presentBucketCounts, presentEvent, presentValueCounts } from "../present/events.ts";
import { countable, eventCount, eventCountBody, eventList, eventPage, eventsCreate, nextPageQuery } from "../schemas/events.ts";
import { countEvents } from "../services/count-events.ts";
import { type EventsPage, readEvents, readNextEvents } from "../services/read-events.ts";
import { recordEvents } from "../services/record-events.ts";

const tag = "Events";

export const eventOperations = [
  operation({
    method: "POST",
    path: "/events",
    tag,
    scope: "write_events",
    audited: false,
    summary: "Create Events",
    body: eventsCreate,
    handle: ({ body, deps }) => recordEvents(deps, body),
  }),
  operation({
    method: "POST",
    path: "/events/filter",
    tag,
    scope: "see_events",
    summary: "Read Events",
    body: eventList,
    bodyRequired: false,
    response: eventPage,
    handle: async ({ body, deps, request }) => presentPage(await readEvents(deps, body), request),
  }),
  operation({
    method: "GET",
    path: "/events/filter/next",
    tag,
    scope: "see_events",
    summary: "Read Account Events Page",
    query: nextPageQuery,
    response: eventPage,
    handle: async ({ query, deps, request }) => {
      const token = readPageToken(query["page-token"]);
      if (token === null) throw forbidden("Forbidden");
      return presentPage(await readNextEvents(deps, token), request);
    },
  }),
  operation({
    method: "POST",
    path: "/events/count-by/{countable}",
    tag,
    scope: "see_events",
    summary: "Count Account Events",
    params: z.object({ countable }),
    body: eventCountBody,
    response: z.array(eventCount),
    handle: async ({ params, body: { filter, time_unit, time_interval }, deps }) => {
      const division = { unit: time_unit, interval: time_interval };
      const outcome = await countEvents(deps, { countable: params.countable, filter, division });
      switch (outcome.kind) {
        case "too_many_buckets":
          throw unprocessable(outcome.message);
        case "by_value":
          return presentValueCounts(outcome.counts);
        case "by_time":
          return presentBucketCounts(outcome.counts);
      }
    },
  }),
];

// Clients request this address unchanged: scheme and host are those of the request.
const presentPage = ({ rows, total, next }: EventsPage, request: Request) => ({
  events: rows.map(presentEvent),
  total,
  next_page: next === null ? null : `${new URL(request.url).origin}/api/events/filter/next?page-token=${next}`,
});
