/** The share of one request in the memory budget of an isolate, in bytes of text. */
export interface MemoryLease {
  /** Resolves when so many more bytes are available. Throws OutOfMemory if too few are released in time. */
  grow(bytes: number): Promise<void>;
  /** Releases all bytes. */
  release(): void;
}

/** The memory of an isolate for large texts: request bodies, and database results while they become responses. */
export interface MemoryBudget {
  lease(): MemoryLease;
}

/** The memory is in use by other requests; the request may be repeated. */
export class OutOfMemory extends Error {}

interface Held {
  bytes: number;
  since: number;
}

/** Smaller texts are not counted: most requests have only these, and they take little memory. */
const minimumCountedBytes = 64_000;
const patienceMs = 8_000;
/** A lease older than this belongs to a request that was cut off, or to a slow client, and is not counted. */
const leaseTimeoutMs = 60_000;

/** Returns a budget of so many bytes. A text that is larger than the budget is granted alone. */
export function memoryBudget(capacity: number, now: () => number = Date.now): MemoryBudget {
  const leases = new Set<Held>();
  const held = (): number => {
    let sum = 0;
    for (const lease of leases) {
      if (now() - lease.since > leaseTimeoutMs) leases.delete(lease);
      else sum += lease.bytes;
    }
    return sum;
  };
  return {
    lease() {
      const own: Held = { bytes: 0, since: 0 };
      return {
        async grow(bytes) {
          if (bytes < minimumCountedBytes) return;
          const until = now() + patienceMs;
          for (
            let others = held() - own.bytes;
            others > 0 && others + own.bytes + bytes > capacity;
            others = held() - own.bytes
          ) {
            if (now() > until) throw new OutOfMemory("other requests hold the memory for large texts");
            // Polling, because workerd runs a continuation from another request in the wrong I/O context.
            await new Promise((resolve) => setTimeout(resolve, 3 + Math.random() * 6));
          }
          own.bytes += bytes;
          own.since = now();
          leases.add(own);
        },
        release() {
          leases.delete(own);
          own.bytes = 0;
        },
      };
    },
  };
}
