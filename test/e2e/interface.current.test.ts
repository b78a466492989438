import { describeInterface } from "./interface.ts";

describeInterface("current", ["", "/v2"]);
