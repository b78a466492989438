import type { DeploymentScheduleUpdate } from "../../schemas/deployments.ts";

type Sent = DeploymentScheduleUpdate;
type WithSchedule = Sent & { readonly schedule: NonNullable<Sent["schedule"]> };

/**
 * The changes to a deployment's schedules when an update sends `schedules` (`prefect/server/api/deployments.py
 * update_deployment`).
 */
export type SchedulePlan =
  | { readonly kind: "replace"; readonly create: readonly WithSchedule[] }
  | {
      readonly kind: "change";
      /** Ids of schedules whose slug is cleared first, so that another schedule of the same update can take it. */
      readonly rename: readonly string[];
      readonly change: readonly { readonly id: string; readonly update: Sent }[];
      readonly create: readonly WithSchedule[];
    }
  | { readonly kind: "refused"; readonly message: string };

const refused = (message: string): SchedulePlan => ({ kind: "refused", message });

const hasSchedule = (sent: Sent): sent is WithSchedule => sent.schedule !== null;

/** Plans an update of schedules: matched by slug where all stored schedules have one, else all are replaced. */
export function planSchedules(
  existing: readonly { readonly id: string; readonly slug: string | null }[],
  sent: readonly Sent[],
): SchedulePlan {
  const allHaveSlugs = existing.length > 0 && existing.every(({ slug }) => slug !== null);
  if (!allHaveSlugs) return { kind: "replace", create: sent.filter(hasSchedule) };
  if (sent.some(({ slug }) => slug === null)) {
    return refused("Please provide a slug for each schedule in your request to ensure schedules are updated correctly.");
  }
  return planBySlug(new Map(existing.map(({ id, slug }) => [slug ?? "", id])), sent);
}

function planBySlug(ids: ReadonlyMap<string, string>, sent: readonly Sent[]): SchedulePlan {
  const replaced = new Set<string>();
  for (const { replaces } of sent) {
    if (!replaces) continue;
    if (replaced.has(replaces)) return refused(`Multiple schedules have 'replaces' targeting the same slug: ${replaces}`);
    replaced.add(replaces);
  }
  const taken = sent.find(({ slug, replaces }) => slug && replaces && ids.has(slug) && !replaced.has(slug));
  if (taken !== undefined) {
    const { slug, replaces } = taken;
    return refused(`Cannot rename schedule from '${replaces}' to '${slug}': a schedule with slug '${slug}' already exists.`);
  }
  const change: { id: string; update: Sent }[] = [];
  const create: WithSchedule[] = [];
  const rename: string[] = [];
  for (const update of sent) {
    const id = ids.get(update.replaces || (update.slug ?? ""));
    if (id !== undefined) {
      change.push({ id, update });
      if (update.replaces) rename.push(id);
    } else if (hasSchedule(update)) create.push(update);
    else return refused("Unable to create new deployment schedules without a schedule configuration.");
  }
  return { kind: "change", rename, change, create };
}
