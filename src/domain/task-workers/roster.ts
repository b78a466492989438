import { fromSecondsDuration, type Micros } from "../../schemas/time.ts";

/** How long a socket counts as connected after it was last seen: an isolate that ended cannot say goodbye. */
export const staysAlive = fromSecondsDuration(10);

interface Connected {
  readonly identifier: string;
  readonly task_keys: readonly string[];
  readonly last_seen: Micros;
}

/** Returns the workers behind connected sockets, one for each identifier, that serve one of the keys; all where none are named. */
export function rosterOf(sockets: readonly Connected[], task_keys: readonly string[]): Connected[] {
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
