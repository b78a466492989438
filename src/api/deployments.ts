import { deploymentLists } from "./deployments/lists.ts";
import { deploymentObjects } from "./deployments/objects.ts";
import { deploymentSchedules } from "./deployments/schedules.ts";

export const deploymentOperations = [...deploymentObjects, ...deploymentLists, ...deploymentSchedules];
