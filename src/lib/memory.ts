/** What one request holds of the memory that the requests of an isolate share, in bytes of text. */
export interface MemoryLease {
  /** Returns when so many more bytes may be held. Throws OutOfMemory where others give back too little in time. */
  grow(bytes: number): Promise<void>;
  /** Gives all back. */
  release(): void;
}

/** The memory of an isolate for large texts: bodies that are read, answers of the database that are made into answers of the API. */
export interface MemoryBudget {
  lease(): MemoryLease;
}

/** Others hold the memory that was asked for; the request may be repeated. */
export class OutOfMemory extends Error {}

interface Held {
  bytes: number;
  since: number;
}

/** What is this small is not counted: it is most of what is asked, and costs little. */
const uncounted = 64_000;
const patienceMs = 8_000;
/** A request that has held its bytes for so long was cut off, or has a client that takes them slowly. */
const lostAfterMs = 60_000;

/** Returns a budget of so many bytes, nothing of it held. What is larger by itself is held alone. */
export function memoryBudget(capacity: number, now: () => number = Date.now): MemoryBudget {
  const leases = new Set<Held>();
  const held = (): number => {
    let sum = 0;
    for (const lease of leases) {
      if (now() - lease.since > lostAfterMs) leases.delete(lease);
      else sum += lease.bytes;
    }
    return sum;
  };
  return {
    lease() {
      const own: Held = { bytes: 0, since: 0 };
      return {
        async grow(bytes) {
          if (bytes < uncounted) return;
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
