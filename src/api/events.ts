import { readPageToken } from "../domain/events/page-token.ts";
import { forbidden } from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { eventList, eventPage, eventsCreate, nextPageQuery } from "../schemas/events.ts";
import { type EventsPage, readEvents, readNextEvents } from "../services/read-events.ts";
import { recordEvents } from "../services/record-events.ts";
import { presentEvent } from "./present/events.ts";

const tag = "Events";

export const eventOperations = [
  operation({
    method: "POST",
    path: "/events",
    tag,
    summary: "Create Events",
    body: eventsCreate,
    handle: ({ body, deps }) => recordEvents(deps, body),
  }),
  operation({
    method: "POST",
    path: "/events/filter",
    tag,
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
    summary: "Read Account Events Page",
    query: nextPageQuery,
    response: eventPage,
    handle: async ({ query, deps, request }) => {
      const token = readPageToken(query["page-token"]);
      if (token === null) throw forbidden("Forbidden");
      return presentPage(await readNextEvents(deps, token), request);
    },
  }),
];

// Clients follow the address as it is: scheme and host are those by which they came.
const presentPage = ({ rows, total, next }: EventsPage, request: Request) => ({
  events: rows.map(presentEvent),
  total,
  next_page: next === null ? null : `${new URL(request.url).origin}/api/events/filter/next?page-token=${next}`,
});
