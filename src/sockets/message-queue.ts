export type Message = string | ArrayBuffer;

/** The maximum of all queued messages of an isolate, in bytes; an isolate has 128 MB. */
export const maximumIsolateBytes = 32 * 1024 * 1024;
/** The size of one batch, in bytes. */
const batchBytes = 1024 * 1024;

/** Returns a message's approximate size in bytes: a text counts one byte per character, which is exact for Latin-1. */
export const sizeOf = (message: Message): number => (typeof message === "string" ? message.length : message.byteLength);

/** The queue of one socket's received messages, bounded together with those of the isolate's other sockets. */
export interface MessageQueue {
  /** Returns false if the message would exceed a bound. */
  add(message: Message): boolean;
  /** Returns the next message, waiting for one; null after the end. */
  next(): Promise<Message | null>;
  /** Returns at least one and at most about a megabyte of messages, waiting for the first; none after the end. */
  nextBatch(): Promise<Message[]>;
  /** Discards the next message if the predicate holds for it. */
  skipNextIf(isOne: (message: Message) => boolean): void;
  /** Discards all queued and future messages. */
  discardAll(): void;
  /** Returns the next message if one is queued. */
  takeQueued(): Message | undefined;
  /** Waits a number of milliseconds; ends earlier at the end, or with `until: "message"` when one is queued. */
  wait(milliseconds: number, until?: "message" | "end"): Promise<void>;
  /** Marks the end: no message follows, queued ones can still be taken. */
  end(): void;
  clear(): void;
}

/** The queues that share a bound. */
export interface SharedBacklog {
  /** The size of all their messages, in bytes. */
  backlog: number;
}

/** Returns an empty queue of at most so many bytes, `isolateMost` together with those that share its gauge. */
export function messageQueue(gauges: SharedBacklog, most: number, isolateMost: number = maximumIsolateBytes): MessageQueue {
  const queue: Message[] = [];
  let size = 0;
  let isDiscarding = false;
  const remove = (count: number): Message[] => {
    const messages = queue.splice(0, count);
    const removed = messages.reduce((sum, message) => sum + sizeOf(message), 0);
    size -= removed;
    gauges.backlog -= removed;
    return messages;
  };
  let hasEnded = false;
  let skipped: ((message: Message) => boolean) | undefined;
  const hasMessageOrEnd = () => queue.length > 0 || hasEnded;
  const condition = conditionVariable();
  return {
    add(message) {
      const isTolerated = skipped?.(message) === true;
      skipped = undefined;
      if (isTolerated || isDiscarding) return true;
      const added = sizeOf(message);
      if (size + added > most || gauges.backlog + added > isolateMost) return false;
      queue.push(message);
      size += added;
      gauges.backlog += added;
      condition.ring();
      return true;
    },
    async next() {
      await condition.until(hasMessageOrEnd);
      return remove(1)[0] ?? null;
    },
    async nextBatch() {
      await condition.until(hasMessageOrEnd);
      let taken = 0;
      let count = 0;
      for (; count < queue.length && (count === 0 || taken < batchBytes); count++) taken += sizeOf(queue[count] ?? "");
      return remove(count);
    },
    skipNextIf(isOne) {
      const [first] = queue;
      if (first === undefined) skipped = isOne;
      else if (isOne(first)) remove(1);
    },
    discardAll() {
      isDiscarding = true;
      remove(queue.length);
    },
    takeQueued: () => remove(1)[0],
    wait: (milliseconds, until = "end") => condition.until(until === "message" ? hasMessageOrEnd : () => hasEnded, milliseconds),
    end() {
      hasEnded = true;
      condition.ring();
    },
    clear: () => void remove(queue.length),
  };
}

/** A condition variable for one waiter: the condition is checked again at each signal. */
function conditionVariable() {
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
