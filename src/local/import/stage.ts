import type { Json } from "../../lib/json.ts";
import type { Context } from "./context.ts";

/** A part of an import that goes through one list of the source. */
export interface Stage {
  readonly name: string;
  /** Whether it goes on in the middle of its list; a short list begins anew, and finds what it stored. */
  readonly isLong: boolean;
  /** Stores a page at a time, and gives the position behind it. */
  run(context: Context, position?: Json): AsyncGenerator<Json>;
}
