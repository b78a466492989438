import { deploymentLists } from "./deployments/lists.ts";
import { deploymentObjects } from "./deployments/objects.ts";
import { deploymentRuns } from "./deployments/runs.ts";
import { deploymentSchedules } from "./deployments/schedules.ts";

export const deploymentOperations = [...deploymentObjects, ...deploymentLists, ...deploymentSchedules, ...deploymentRuns];
