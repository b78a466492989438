import { type Json, parseJson, stringifyJson } from "../schemas/json.ts";

export type Message = string | ArrayBuffer;

/** Why a socket ends, in codes of RFC 6455 and its registry. */
export const closeCodes = {
  normal: 1000,
  protocolError: 1002,
  unsupportedData: 1003,
  invalidData: 1007,
  policyViolation: 1008,
  tooBig: 1009,
  serverError: 1011,
  serviceRestart: 1012,
} as const;

const maximumReasonBytes = 123;

/** The server's end of a websocket: messages wait in order until they are taken. */
export interface Connection {
  /** Returns the next message, null when no more will come. */
  next(): Promise<Message | null>;
  /** Returns all messages that wait, one at least; none when no more will come. */
  waiting(): Promise<Message[]>;
  /** Leaves the next message out if it is one of these. */
  tolerate(isOne: (message: Message) => boolean): void;
  send(value: Json): void;
  /** Says goodbye; messages may still come until the other side has answered. */
  close(code: number, reason: string): void;
  /** Tells whether something sent now has a reader. */
  isOpen(): boolean;
  /** Tells whether the other side went without a goodbye. */
  isLost(): boolean;
  /** Done when the other side is gone or has said goodbye. */
  readonly ended: Promise<void>;
}

/** Returns a message as JSON, undefined if it is none. */
export function readJson(message: Message): Json {
  try {
    return typeof message === "string" ? parseJson(message) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the first 123 bytes of a reason: a longer one would cost the close frame. */
export function shortReason(reason: string): string {
  const bytes = new TextEncoder().encode(reason);
  if (bytes.length <= maximumReasonBytes) return reason;
  return new TextDecoder().decode(bytes.subarray(0, maximumReasonBytes), { stream: true });
}

function onEnd(socket: WebSocket, ended: (wasClean: boolean) => void): void {
  socket.addEventListener("close", ({ wasClean }) => ended(wasClean));
  socket.addEventListener("error", () => ended(false));
}

function sayGoodbye(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, shortReason(reason));
  } catch {
    // The other side is gone already.
  }
}

/** Takes a websocket over. Its goodbye is answered by `close` alone, so that what came before can be stored first. */
export function takeOver(socket: WebSocket): Connection {
  socket.accept({ allowHalfOpen: true });
  const queue: Message[] = [];
  let tolerated: ((message: Message) => boolean) | undefined;
  let mayCome = true;
  let open = true;
  let lost = false;
  let wake: () => void = () => undefined;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const stop = () => {
    mayCome = false;
    wake();
    end();
  };
  socket.addEventListener("message", ({ data }) => {
    const isTolerated = tolerated?.(data) === true;
    tolerated = undefined;
    if (!isTolerated) queue.push(data);
    wake();
  });
  onEnd(socket, (wasClean) => {
    lost = !wasClean;
    stop();
  });
  const arrival = async () => {
    while (queue.length === 0 && mayCome)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  return {
    ended,
    async next() {
      await arrival();
      return queue.shift() ?? null;
    },
    async waiting() {
      await arrival();
      return queue.splice(0);
    },
    tolerate(isOne) {
      const [first] = queue;
      if (first === undefined) tolerated = isOne;
      else if (isOne(first)) queue.shift();
    },
    isOpen: () => open && mayCome,
    isLost: () => lost,
    send(value) {
      if (open && mayCome) socket.send(stringifyJson(value));
    },
    close(code, reason) {
      if (!open) return;
      open = false;
      sayGoodbye(socket, code, reason);
    },
  };
}
