import * as z from "zod";
import { serverVersion } from "../http/api-version.ts";
import { operation } from "../http/operation.ts";
import { withSystemBlocks } from "../services/system-block-types.ts";
import { listCapabilities } from "../store/block-schemas/read.ts";

export const blockCapabilityOperations = [
  operation({
    method: "GET",
    path: "/block_capabilities/",
    tag: "Block capabilities",
    scope: "see_blocks",
    summary: "Read Available Block Capabilities",
    response: z.array(z.string()),
    handle: ({ deps }) => withSystemBlocks(deps, serverVersion, (beside) => listCapabilities(deps.db, beside)),
  }),
];
