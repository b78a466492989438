import { describeConfiguration } from "./configuration.ts";

describeConfiguration("current");
