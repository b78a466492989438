import { describeVertical } from "./vertical.ts";

describeVertical("current");
