import { describeActions } from "./interface-actions.ts";

describeActions("current");
