import { metered } from "../../lib/jinja/index.ts";
import { boundedWork } from "../../lib/work.ts";

/** Runs all that one request renders and validates within one budget of each kind. */
export const sharingWork = <Result>(run: () => Result): Result => metered(() => boundedWork(run));
