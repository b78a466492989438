import type { SentTrigger, Trigger } from "../../schemas/automations/triggers.ts";

/** Returns a trigger with new ids for it and all triggers in it, so that what was counted for earlier ones is void. */
export function withNewIds(trigger: SentTrigger, newId: () => string): Trigger {
  const id = newId();
  if (trigger.type === "event") return { ...trigger, id };
  return { ...trigger, id, triggers: trigger.triggers.map((inner) => withNewIds(inner, newId)) };
}
