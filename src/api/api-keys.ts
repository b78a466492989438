import * as z from "zod";
import type { Deps } from "../deps.ts";
import { isOpen, type Keys } from "../http/authenticate.ts";
import { forbidden, notFound, unprocessable } from "../http/errors.ts";
import { operation, Reply } from "../http/operation.ts";
import { presentApiKey } from "../present/api-keys.ts";
import { apiKey, apiKeyCreate, apiKeyList, maximumKeys, newApiKey } from "../schemas/api-keys.ts";
import { byId } from "../schemas/common.ts";
import { createApiKey, revokeApiKey } from "../services/manage-keys.ts";
import { keysExist, verifyKey } from "../services/verify-key.ts";
import { listKeys } from "../store/api-keys/read.ts";

const tag = "Admin";

/** Returns the API keys of a request's database. */
export const keysOf = (deps: Deps): Keys => ({ exist: () => keysExist(deps), holderOf: (text) => verifyKey(deps, text) });

export const apiKeyOperations = [
  operation({
    method: "POST",
    path: "/admin/keys/",
    tag,
    scope: "manage_keys",
    audited: "api_key",
    summary: "Create API Key",
    body: apiKeyCreate,
    // Who writes a key into a request by mistake does not find it in the answer.
    secretBody: true,
    response: newApiKey,
    status: 201,
    handle: async ({ body, deps }) => {
      // The first key closes the server to everybody else: whoever reaches an open one must not be able to.
      if (await isOpen(deps.config, keysOf(deps)))
        throw forbidden("This server is open: create its first key with `npm run keys`, or configure credentials.");
      const made = await createApiKey(deps, body);
      if (made.kind === "past") throw unprocessable("A key must expire in the future.");
      if (made.kind === "too_many") throw unprocessable(`There are ${maximumKeys} keys: revoke some of them first.`);
      return new Reply(201, { ...presentApiKey(made.row), key: made.key }, { "cache-control": "no-store" });
    },
  }),
  operation({
    method: "POST",
    path: "/admin/keys/filter",
    tag,
    scope: "see_keys",
    summary: "Read API Keys",
    body: apiKeyList,
    bodyRequired: false,
    response: z.array(apiKey),
    handle: async ({ body, deps }) => (await listKeys(deps.db, body)).map(presentApiKey),
  }),
  operation({
    method: "DELETE",
    path: "/admin/keys/{id}",
    tag,
    scope: "manage_keys",
    audited: "api_key",
    summary: "Revoke API Key",
    params: byId,
    handle: async ({ params, deps }) => {
      if (!(await revokeApiKey(deps, params.id))) throw notFound("API key not found.");
    },
  }),
];
