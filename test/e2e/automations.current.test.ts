import { describeAutomations } from "./automations.ts";

describeAutomations("current");
