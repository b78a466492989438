import type { Deps } from "../../deps.ts";
import type { ObjectName } from "../../domain/automations/template-context.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { NamedObjects } from "../../store/automation-actions/objects.ts";

/** Returns rows as they are in responses, for templates. */
export type PresentObjects = (rows: NamedObjects, now: Micros) => { readonly [Name in ObjectName]?: JsonObject | null };

/** The dependencies of actions. */
export interface ActionDeps extends Deps {
  readonly presentObjects: PresentObjects;
}
