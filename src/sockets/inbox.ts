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
  /** No more will come; what is there can still be taken. */
  end(): void;
  clear(): void;
}

/** Returns an empty inbox. */
export function inbox(gauges: SocketGauges): Inbox {
  const queue: Message[] = [];
  const remove = (count: number): Message[] => {
    const messages = queue.splice(0, count);
    gauges.backlog -= messages.reduce((sum, message) => sum + sizeOf(message), 0);
    return messages;
  };
  let hasEnded = false;
  let tolerated: ((message: Message) => boolean) | undefined;
  let wake: () => void = () => undefined;
  const arrival = async () => {
    while (queue.length === 0 && !hasEnded)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  return {
    add(message) {
      const isTolerated = tolerated?.(message) === true;
      tolerated = undefined;
      if (isTolerated) return true;
      const size = sizeOf(message);
      if (gauges.backlog + size > backlogBytes) return false;
      queue.push(message);
      gauges.backlog += size;
      wake();
      return true;
    },
    async next() {
      await arrival();
      return remove(1)[0] ?? null;
    },
    async waiting() {
      await arrival();
      let size = 0;
      let count = 0;
      for (; count < queue.length && (count === 0 || size < takenBytes); count++) size += sizeOf(queue[count] ?? "");
      return remove(count);
    },
    tolerate(isOne) {
      const [first] = queue;
      if (first === undefined) tolerated = isOne;
      else if (isOne(first)) remove(1);
    },
    end() {
      hasEnded = true;
      wake();
    },
    clear: () => void remove(queue.length),
  };
}
