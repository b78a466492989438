import { describeWorkers } from "./workers.ts";

describeWorkers("seed");
