import { describeConfiguration } from "./configuration.ts";

describeConfiguration("seed");
