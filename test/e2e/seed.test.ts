import { describeVertical } from "./vertical.ts";

describeVertical("seed");
