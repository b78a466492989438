import * as z from "zod";
import { unprocessable } from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { uuid, wireTime } from "../schemas/common.ts";

const csrfToken = z
  .object({
    id: uuid(),
    created: wireTime().nullable(),
    updated: wireTime().nullable(),
    token: z.string(),
    client: z.string(),
    expiration: wireTime(),
  })
  .register(z.globalRegistry, { id: "CsrfToken" });

/** Credentials are sent in headers, never in cookies, so that no request can be forged: CSRF protection is off, and clients stop asking. */
export const csrfTokenOperations = [
  operation({
    method: "GET",
    path: "/csrf-token",
    tag: "CSRF",
    scope: "see_server",
    summary: "Create Csrf Token",
    query: z.object({ client: z.string() }),
    response: csrfToken,
    handle: () => {
      throw unprocessable("CSRF protection is disabled.");
    },
  }),
];
