import { cleanupCapability, requiredCapabilities, type WorkerHello } from "../../schemas/worker-channel.ts";

/** The result of the negotiation between a worker and the server. */
export interface NegotiatedChannel {
  readonly accepted: readonly string[];
  /** The requested capabilities that are not granted, in the order of the request. */
  readonly rejected: readonly string[];
  /** The maximum number of cleanups that the worker has at once; 0 disables the delivery. */
  readonly max_cleanup_concurrency: number;
}

/** Returns the capabilities that a worker's hello frame is granted. */
export function negotiate({
  requested_capabilities,
  handled_cleanup_kinds,
  max_cleanup_concurrency,
}: WorkerHello): NegotiatedChannel {
  const cleansUp =
    requested_capabilities.includes(cleanupCapability) && handled_cleanup_kinds.length > 0 && max_cleanup_concurrency > 0;
  const accepted = cleansUp ? [...requiredCapabilities, cleanupCapability] : [...requiredCapabilities];
  return {
    accepted,
    rejected: [...new Set(requested_capabilities)].filter((capability) => !accepted.includes(capability)),
    max_cleanup_concurrency: cleansUp ? max_cleanup_concurrency : 0,
  };
}
