import { describeAutomations } from "./automations.ts";

describeAutomations("seed");
