import * as z from "zod";
import { operation } from "../http/operation.ts";
import { presentObservedState } from "../present/observed-states.ts";
import { observedState, observedStateQuery } from "../schemas/observed-states.ts";
import { listObservedStates } from "../store/observed-states/read.ts";

export const observedStateOperations = [
  operation({
    method: "GET",
    path: "/observed-states",
    tag: "Observed States",
    scope: "see_flow_runs",
    summary: "Read Observed States",
    query: observedStateQuery,
    response: z.array(observedState),
    handle: async ({ query: { query, order_by, limit }, deps }) => {
      const rows = await listObservedStates(deps.db, { prefix: query?.trim() ?? "", sort: order_by, limit });
      return rows.map(presentObservedState);
    },
  }),
];
