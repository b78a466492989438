import { describeWorkers } from "./workers.ts";

describeWorkers("current");
