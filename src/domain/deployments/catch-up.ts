import { type Json, objectOf } from "../../lib/json.ts";
import { type CatchUpMode, catchUpLabel, isLateness, maxLateLabel } from "../../schemas/deployments/catch-up.ts";
import { propose, type StateProposal } from "../states.ts";

/** A policy that gives up late runs; `all` gives up none. */
export type GivingUp = Exclude<CatchUpMode, "all">;

/** The name of the CANCELLED state of a run that was given up. */
export const skippedName = "Skipped";

/**
 * How late a run has to be where the deployment does not say, in seconds: for `none` twenty polls of a worker, for `latest` nothing,
 * since there a newer run takes its place.
 */
export const defaultLateness: Readonly<Record<GivingUp, number>> = { none: 300, latest: 0 };

export interface CatchUp {
  readonly mode: GivingUp;
  readonly max_late_seconds: number;
}

/** Returns a deployment's policy by its labels, null for one that runs everything. Labels that a flow passed on may be invalid. */
export function catchUpOf(labels: Json): CatchUp | null {
  const { [catchUpLabel]: mode, [maxLateLabel]: seconds } = objectOf(labels);
  if (mode !== "latest" && mode !== "none") return null;
  return { mode, max_late_seconds: isLateness(seconds) ? seconds : defaultLateness[mode] };
}

const reasons: Readonly<Record<GivingUp, string>> = {
  none: "runs of its schedules that are too late are not made up for",
  latest: "a newer run of its schedule is due",
};

/** The proposal for a run that its deployment's policy gives up, under the policy `core`. */
export const skippedProposal = (mode: GivingUp, secondsLate: number): StateProposal =>
  propose("CANCELLED", {
    name: skippedName,
    message: `Skipped ${Math.floor(secondsLate)} seconds after its time: the deployment's label ${catchUpLabel} is '${mode}', and ${reasons[mode]}.`,
  });
