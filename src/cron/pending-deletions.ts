import { continueDeletions } from "../store/deletion/objects.ts";
import type { Job } from "./job.ts";

/** The time budget of one tick; the rest is left to the next one. */
const timeBudget = 10_000_000;

/** Completes deletions of many rows whose request ended before them. */
export const pendingDeletions: Job = { name: "pending-deletions", run: (deps) => continueDeletions(deps, timeBudget) };
