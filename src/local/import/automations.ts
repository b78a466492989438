import { relatedResources } from "../../domain/automations/refusals.ts";
import { automationCreate } from "../../schemas/automations/automations.ts";
import type { SentTrigger, Trigger } from "../../schemas/automations/triggers.ts";
import { indexTriggers } from "../../store/automation-evaluation/index-triggers.ts";
import { relateAutomation } from "../../store/automations/write.ts";
import type { Prepared } from "../../store/import/table.ts";
import { addTags } from "../../store/tags.ts";
import { listStage } from "./configuration.ts";
import type { Context } from "./context.ts";
import type { Fields } from "./fields.ts";
import { kinds } from "./kinds.ts";
import { note } from "./tally.ts";

/** Automations come last: what is imported before them fires none. */
export const automations = listStage(
  "automations",
  { path: "/automations/filter", body: { sort: "NAME_ASC" } },
  async (context, items) => {
    const rows = items.flatMap((from) => automationOf(context, from));
    const stored = await context.store(kinds.automations, rows);
    const enabled = rows.filter(({ id, row }) => stored.has(id) && row.enabled === true).length;
    if (enabled > 0) context.remark(`${enabled} automations are enabled: from now on they watch the events of this server, too.`);
  },
);

function automationOf(context: Context, from: Fields): Prepared[] {
  const { id, ...stamps } = from.stamps();
  const names = ["name", "description", "enabled", "tags", "trigger", "actions", "actions_on_trigger", "actions_on_resolve"];
  const parsed = automationCreate.safeParse(
    Object.fromEntries(names.map((name) => [name, from.from[name]]).filter(([, value]) => value !== undefined)),
  );
  if (!parsed.success) {
    const tally = context.tally(kinds.automations.name);
    tally.refused++;
    const where = parsed.error.issues[0]?.path.join(".") ?? "";
    note(tally, `${id} is refused: this server does not take its ${where}`);
    return [];
  }
  const { owner_resource: _, trigger, ...rest } = parsed.data;
  const row = { id, ...stamps, ...rest, trigger: withIds(trigger, id) };
  return [
    kinds.automations.table.prepare(row, [
      ...addTags("automation", id, row.tags),
      relateAutomation(id, relatedResources(row.actions), false),
      ...indexTriggers(row),
    ]),
  ];
}

// Sources send the ids of triggers; without one a trigger has the automation's, the same at each import.
function withIds(trigger: SentTrigger, otherwise: string): Trigger {
  const id = ("id" in trigger ? trigger.id : undefined) ?? otherwise;
  if (trigger.type === "event") return { ...trigger, id };
  return { ...trigger, id, triggers: trigger.triggers.map((inner) => withIds(inner, otherwise)) };
}
