import { cleanupCapability, requiredCapabilities, type WorkerHello } from "../../schemas/worker-channel.ts";

/** What a worker and the server agree upon. */
export interface Agreement {
  readonly accepted: readonly string[];
  /** What was asked for and is not given, in the order of asking. */
  readonly rejected: readonly string[];
  /** How many cleanups the worker is given at once; 0: none. */
  readonly max_cleanup_concurrency: number;
}

/** Returns what a worker that says hello gets of what it asked for. */
export function agree({ requested_capabilities, handled_cleanup_kinds, max_cleanup_concurrency }: WorkerHello): Agreement {
  const cleansUp =
    requested_capabilities.includes(cleanupCapability) && handled_cleanup_kinds.length > 0 && max_cleanup_concurrency > 0;
  const accepted = cleansUp ? [...requiredCapabilities, cleanupCapability] : [...requiredCapabilities];
  return {
    accepted,
    rejected: [...new Set(requested_capabilities)].filter((capability) => !accepted.includes(capability)),
    max_cleanup_concurrency: cleansUp ? max_cleanup_concurrency : 0,
  };
}
