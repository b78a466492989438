import { describeOrchestration } from "./orchestration.ts";

describeOrchestration("seed");
