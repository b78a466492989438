import { describePages } from "./interface-pages.ts";

describePages("current");
