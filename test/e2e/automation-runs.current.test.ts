import { describeAutomationRuns } from "./automation-runs.ts";

describeAutomationRuns("current");
