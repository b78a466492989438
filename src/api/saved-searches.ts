import * as z from "zod";
import { found, notFound } from "../http/errors.ts";
import { createdOrFound, operation } from "../http/operation.ts";
import { presentSavedSearch } from "../present/saved-searches.ts";
import { byId } from "../schemas/common.ts";
import { savedSearch, savedSearchCreate, savedSearchList } from "../schemas/saved-searches.ts";
import { listSavedSearches, readSavedSearch } from "../store/saved-searches/read.ts";
import { deleteSavedSearch, putSavedSearch } from "../store/saved-searches/write.ts";

const tag = "SavedSearches";
const absent = "Saved search not found";

export const savedSearchOperations = [
  operation({
    method: "PUT",
    path: "/saved_searches/",
    tag,
    scope: "manage_saved_searches",
    audited: "saved_search",
    summary: "Create Saved Search",
    body: savedSearchCreate,
    response: savedSearch,
    status: 201,
    otherStatus: 200,
    handle: async ({ body, deps }) => {
      deps.db.about({ name: body.name });
      const { row, created } = await putSavedSearch(deps.db, deps.newId(), body, deps.now());
      return createdOrFound(created, presentSavedSearch(row));
    },
  }),
  operation({
    method: "GET",
    path: "/saved_searches/{id}",
    tag,
    scope: "see_saved_searches",
    summary: "Read Saved Search",
    params: byId,
    response: savedSearch,
    handle: async ({ params, deps }) => presentSavedSearch(found(await readSavedSearch(deps.db, params.id), absent)),
  }),
  operation({
    method: "POST",
    path: "/saved_searches/filter",
    tag,
    scope: "see_saved_searches",
    summary: "Read Saved Searches",
    body: savedSearchList,
    bodyRequired: false,
    response: z.array(savedSearch),
    handle: async ({ body, deps }) => (await listSavedSearches(deps.db, body)).map(presentSavedSearch),
  }),
  operation({
    method: "DELETE",
    path: "/saved_searches/{id}",
    tag,
    scope: "manage_saved_searches",
    audited: "saved_search",
    summary: "Delete Saved Search",
    params: byId,
    handle: async ({ params, deps }) => {
      if (!(await deleteSavedSearch(deps.db, params.id))) throw notFound(absent);
    },
  }),
];
