import * as z from "zod";
import { shownSettings } from "../catalog/settings.ts";
import { serverVersion } from "../http/api-version.ts";
import { needsCredentials } from "../http/credentials.ts";
import { notFound, unprocessable } from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { confirmation, resultStorage, resultStorageUpdate } from "../schemas/admin.ts";
import { jsonObject } from "../schemas/common.ts";
import { clearResultStorage, readResultStorage, writeResultStorage } from "../store/admin/result-storage.ts";
import { clearDatabase } from "../store/admin/write.ts";

const tag = "Admin";

/** A change of the whole database, done only when it is confirmed. */
const databaseOperation = (verb: string, summary: string, change: typeof clearDatabase | null) =>
  operation({
    method: "POST",
    path: `/admin/database/${verb}`,
    tag,
    scope: "manage_server",
    audited: change === null ? false : "database",
    summary,
    body: confirmation,
    bodyRequired: false,
    handle: async ({ body, deps }) => {
      if (body.confirm !== true) return new Response(null, { status: 400 });
      await change?.(deps.db);
      return undefined;
    },
  });

export const adminOperations = [
  operation({
    method: "GET",
    path: "/admin/version",
    tag,
    scope: "see_server",
    summary: "Read Version",
    response: z.string(),
    handle: () => serverVersion,
  }),
  operation({
    method: "GET",
    path: "/admin/settings",
    tag,
    scope: "see_server",
    summary: "Read Settings",
    response: jsonObject(),
    handle: ({ deps }) => shownSettings({ auth: needsCredentials(deps.config) }),
  }),
  operation({
    method: "GET",
    path: "/admin/storage",
    tag,
    scope: "see_server",
    summary: "Read Server Default Result Storage",
    response: resultStorage,
    handle: async ({ deps }) => {
      return { default_result_storage_block_id: await readResultStorage(deps.db) };
    },
  }),
  operation({
    method: "PUT",
    path: "/admin/storage",
    tag,
    scope: "manage_server",
    audited: "result_storage",
    summary: "Update Server Default Result Storage",
    body: resultStorageUpdate,
    response: resultStorage,
    errors: [404],
    handle: async ({ body: { default_result_storage_block_id: id }, deps }) => {
      const outcome = await writeResultStorage(deps.db, id, deps.now());
      if (outcome === "not_found") throw notFound(`Block document ${id} not found.`);
      if (outcome === "unfit") throw unprocessable(`Block document ${id} cannot be used for result storage.`);
      return { default_result_storage_block_id: id };
    },
  }),
  operation({
    method: "DELETE",
    path: "/admin/storage",
    tag,
    scope: "manage_server",
    audited: "result_storage",
    summary: "Clear Server Default Result Storage",
    handle: ({ deps }) => clearResultStorage(deps.db),
  }),
  databaseOperation("clear", "Clear Database", clearDatabase),
  databaseOperation("drop", "Drop Database", clearDatabase),
  // The tables are made by migrations, never by a request.
  databaseOperation("create", "Create Database", null),
];
