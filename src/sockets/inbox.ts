import type { SocketGauges } from "../deps.ts";

export type Message = string | ArrayBuffer;

/** What waits in all sockets of an isolate, in bytes: an isolate has 128 MB. */
const backlogBytes = 32 * 1024 * 1024;
/** How much is taken at a time, in bytes. */
const takenBytes = 1024 * 1024;

/** Returns a message's size in bytes, about: text is one byte a character where all are Latin. */
export const sizeOf = (message: Message): number => (typeof message === "string" ? message.length : message.byteLength);

/** The messages of one socket that wait to be taken, within the bound for all sockets of the isolate. */
export interface Inbox {
  /** Returns false where it would be too much for the isolate. */
  add(message: Message): boolean;
  /** Returns the next message, null when no more will come. */
  next(): Promise<Message | null>;
  /** Returns messages of about a megabyte, one at least; none when no more will come. */
  waiting(): Promise<Message[]>;
  /** Leaves the next message out if it is one of these. */
  tolerate(isOne: (message: Message) => boolean): void;
  /** Leaves out what is there and what comes from now on. */
  ignore(): void;
  /** Returns the next message if it is there already. */
  take(): Message | undefined;
  /** Returns after so many milliseconds, or earlier when no more will come, or for "message" when one is there. */
  rest(milliseconds: number, until?: "message" | "end"): Promise<void>;
  /** No more will come; what is there can still be taken. */
  end(): void;
  clear(): void;
}

/** Returns an empty inbox for so many bytes. */
export function inbox(gauges: SocketGauges, most: number): Inbox {
  const queue: Message[] = [];
  let size = 0;
  let isIgnored = false;
  const remove = (count: number): Message[] => {
    const messages = queue.splice(0, count);
    const removed = messages.reduce((sum, message) => sum + sizeOf(message), 0);
    size -= removed;
    gauges.backlog -= removed;
    return messages;
  };
  let hasEnded = false;
  let tolerated: ((message: Message) => boolean) | undefined;
  const isThere = () => queue.length > 0 || hasEnded;
  const bell = makeBell();
  return {
    add(message) {
      const isTolerated = tolerated?.(message) === true;
      tolerated = undefined;
      if (isTolerated || isIgnored) return true;
      const added = sizeOf(message);
      if (size + added > most || gauges.backlog + added > backlogBytes) return false;
      queue.push(message);
      size += added;
      gauges.backlog += added;
      bell.ring();
      return true;
    },
    async next() {
      await bell.until(isThere);
      return remove(1)[0] ?? null;
    },
    async waiting() {
      await bell.until(isThere);
      let taken = 0;
      let count = 0;
      for (; count < queue.length && (count === 0 || taken < takenBytes); count++) taken += sizeOf(queue[count] ?? "");
      return remove(count);
    },
    tolerate(isOne) {
      const [first] = queue;
      if (first === undefined) tolerated = isOne;
      else if (isOne(first)) remove(1);
    },
    ignore() {
      isIgnored = true;
      remove(queue.length);
    },
    take: () => remove(1)[0],
    rest: (milliseconds, until = "end") => bell.until(until === "message" ? isThere : () => hasEnded, milliseconds),
    end() {
      hasEnded = true;
      bell.ring();
    },
    clear: () => void remove(queue.length),
  };
}

/** Lets one waiter at a time wait for a condition that holds after some ring. */
function makeBell() {
  let check: () => void = () => undefined;
  return {
    ring: () => check(),
    until: async (holds: () => boolean, milliseconds?: number): Promise<void> => {
      if (holds()) return;
      await new Promise<void>((resolve) => {
        const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds);
        check = () => {
          if (!holds()) return;
          if (timer !== undefined) clearTimeout(timer);
          resolve();
        };
      });
    },
  };
}
