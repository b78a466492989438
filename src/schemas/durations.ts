import { durationFault, parseDuration } from "../lib/python/index.ts";
import type { Micros } from "../lib/time.ts";
import { lenient } from "./common.ts";

type Refusal = { readonly type: string; readonly message: string };

/** A duration in seconds, or as a text that pydantic reads as one; `refuse` returns why a duration in microseconds is refused. */
export const duration = (refuse: (micros: Micros) => Refusal | null) =>
  lenient<number>({ anyOf: [{ type: "number" }, { type: "string", format: "duration" }] }, (input) => {
    if (typeof input === "object") return { type: "time_delta_type", message: "Input should be a valid timedelta" };
    const micros = parseDuration(input);
    if (micros === null)
      return { type: "time_delta_parsing", message: `Input should be a valid timedelta, ${durationFault(input)}` };
    return refuse(micros) ?? { value: micros / 1_000_000 };
  });
