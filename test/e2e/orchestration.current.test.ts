import { describeOrchestration } from "./orchestration.ts";

describeOrchestration("current");
