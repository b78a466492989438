import { describeInterface } from "./interface.ts";

describeInterface("seed", [""]);
