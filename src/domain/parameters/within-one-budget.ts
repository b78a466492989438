import { metered } from "../../lib/jinja/index.ts";
import { boundedWork } from "../../lib/work.ts";

/** Runs a function with one budget for all templates that it renders and one for all validations: the bounds of one request. */
export const withinOneBudget = <Result>(run: () => Result): Result => metered(() => boundedWork(run));
