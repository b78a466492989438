import { fromSecondsDuration, type Micros } from "../../lib/time.ts";

/**
 * How often an isolate refreshes the rows of its sockets, all by one write, and how long a socket counts as connected after that,
 * since an isolate may end without a close. One write may be late. A deployed isolate writes less often: database requests are
 * billed.
 */
export const presenceOf = ({ local }: { readonly local: boolean }) =>
  local
    ? { seenEveryMs: 4_000, staysAlive: fromSecondsDuration(10) }
    : { seenEveryMs: 14_000, staysAlive: fromSecondsDuration(40) };

interface Connected {
  readonly identifier: string;
  readonly task_keys: readonly string[];
  readonly last_seen: Micros;
}

/** Returns the workers behind connected sockets, one per identifier, that serve one of the task keys; all if none are given. */
export function connectedTaskWorkers(sockets: readonly Connected[], task_keys: readonly string[]): Connected[] {
  const byIdentifier = new Map<string, Connected>();
  for (const socket of sockets) {
    const known = byIdentifier.get(socket.identifier);
    byIdentifier.set(socket.identifier, {
      identifier: socket.identifier,
      task_keys: [...new Set([...(known?.task_keys ?? []), ...socket.task_keys])],
      last_seen: Math.max(known?.last_seen ?? 0, socket.last_seen),
    });
  }
  const wanted = new Set(task_keys);
  return [...byIdentifier.values()].filter((worker) => wanted.size === 0 || worker.task_keys.some((key) => wanted.has(key)));
}
