import { flowRunExtras } from "./flow-runs/extras.ts";
import { flowRunLists } from "./flow-runs/lists.ts";
import { logsDownload } from "./flow-runs/logs-download.ts";
import { flowRunObjects } from "./flow-runs/objects.ts";
import { flowRunStates } from "./flow-runs/states.ts";

export const flowRunOperations = [...flowRunObjects, ...flowRunLists, ...flowRunStates, ...flowRunExtras, logsDownload];
