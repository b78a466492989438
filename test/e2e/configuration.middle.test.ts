import { describeConfiguration } from "./configuration.ts";

describeConfiguration("middle");
