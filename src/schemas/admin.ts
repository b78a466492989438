import * as z from "zod";
import { boolean, optional, uuid } from "./common.ts";

/** The confirmation for operations on the whole database. */
export const confirmation = z.object({ confirm: optional(boolean()) });

export const resultStorage = z
  .object({ default_result_storage_block_id: uuid().nullable() })
  .meta({ id: "ServerDefaultResultStorage" });
export const resultStorageUpdate = z
  .object({ default_result_storage_block_id: uuid() })
  .register(z.globalRegistry, { id: "ServerDefaultResultStorageUpdate" });
