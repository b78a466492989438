import { testRaces } from "./orchestration-races.ts";

testRaces(1);
