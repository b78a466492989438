import type { JsonObject } from "../../schemas/json.ts";
import type { Micros } from "../../schemas/time.ts";

/** The labels of a resource; `prefect.resource.id` is always there, `prefect.resource.role` on related ones. */
export type Labels = Record<string, string>;

/** An event as it was sent or as the server tells it. */
export interface Event {
  readonly id: string;
  readonly occurred: Micros;
  readonly event: string;
  readonly resource: Labels;
  readonly related: readonly Labels[];
  readonly payload: JsonObject;
  readonly follows: string | null;
}
