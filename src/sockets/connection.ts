import { type Json, type ReadJson, readJsonText, stringifyJson } from "../lib/json.ts";
import { type Message, messageQueue, type SharedBacklog, sizeOf } from "./message-queue.ts";

export type { Message } from "./message-queue.ts";

/** Close codes of RFC 6455 and its registry. */
export const closeCodes = {
  normal: 1000,
  protocolError: 1002,
  unsupportedData: 1003,
  invalidData: 1007,
  policyViolation: 1008,
  tooBig: 1009,
  serverError: 1011,
  serviceRestart: 1012,
  tryAgainLater: 1013,
} as const;

const maximumReasonBytes = 123;
/** The maximum that a client may send before it is authenticated, in bytes. */
const unauthenticatedBytes = 64 * 1024;
/** How long a client has to answer a close frame, in milliseconds, before the transport is closed. */
const closeTimeoutMs = 2_000;

/** The server's end of a websocket; received messages are queued in order. */
export interface Connection {
  /** Returns the next message, waiting for one; null after the end. */
  next(): Promise<Message | null>;
  /** Returns at least one and at most about a megabyte of queued messages, waiting for the first; none after the end. */
  nextBatch(): Promise<Message[]>;
  /** Discards the next message if the predicate holds for it. */
  skipNextIf(isOne: (message: Message) => boolean): void;
  /** Discards all queued and future messages. */
  discardAll(): void;
  /** Returns the next message if one is queued. */
  takeQueued(): Message | undefined;
  /** Waits a number of milliseconds; ends earlier at the end of the socket, or with `until: "message"` when one is queued. */
  wait(milliseconds: number, until?: "message" | "end"): Promise<void>;
  send(value: Json): void;
  /** Sends JSON text. */
  sendText(text: string): void;
  /** Lifts the limit for clients that are not authenticated. */
  markAuthenticated(): void;
  /** Sends a close frame and discards further messages: the transport is closed with the next frame, or after a timeout. */
  terminate(code: number, reason: string): void;
  /** Sends a close frame; messages are accepted until the client has answered it. */
  close(code: number, reason: string): void;
  /** Returns whether the socket is open in both directions. */
  isOpen(): boolean;
  /** Returns whether the client disconnected without a close frame. */
  isDisconnected(): boolean;
}

/** Returns a message parsed as JSON, undefined if it is not JSON. */
export function readSent(message: Message): ReadJson | undefined {
  try {
    return typeof message === "string" ? readJsonText(message) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns a message parsed as JSON with all its numbers as doubles (for messages without free JSON); undefined if it is not JSON.
 */
export const readJson = (message: Message): Json => readSent(message)?.plain;

/** Returns the first 123 bytes of a reason: a close frame with a longer one is not sent. */
export function shortReason(reason: string): string {
  const bytes = new TextEncoder().encode(reason);
  if (bytes.length <= maximumReasonBytes) return reason;
  return new TextDecoder().decode(bytes.subarray(0, maximumReasonBytes), { stream: true });
}

function onEnd(socket: WebSocket, ended: (wasClean: boolean) => void): void {
  socket.addEventListener("close", ({ wasClean }) => ended(wasClean));
  socket.addEventListener("error", () => ended(false));
}

function sendClose(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, shortReason(reason));
  } catch {
    // The socket is closed already.
  }
}

export interface SocketOptions {
  readonly gauges: SharedBacklog;
  /** The maximum size of this socket's queue, in bytes. */
  readonly backlog: number;
  /** The maximum size of the queues that share the gauge, in bytes; by default that of an isolate. */
  readonly sharedBacklog?: number;
  readonly cutOff: () => void;
}

/**
 * Accepts a websocket. The client's close frame is answered by `close` only, so that queued messages can be stored first.
 * `cutOff` ends the request and its transport: workerd has no other way to end a socket whose client neither answers a close
 * frame nor sends anything.
 */
export function acceptSocket(socket: WebSocket, { gauges, backlog, sharedBacklog, cutOff }: SocketOptions): Connection {
  socket.accept({ allowHalfOpen: true });
  const messages = messageQueue(gauges, backlog, sharedBacklog);
  const state = { admitted: false, open: true, mayCome: true, gone: false, lost: false, taken: 0 };
  let leaving: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    state.mayCome = false;
    messages.end();
  };
  const close = (code: number, reason: string) => {
    if (state.open) sendClose(socket, code, reason);
    state.open = false;
  };
  const terminate = (code: number, reason: string) => {
    close(code, reason);
    if (!state.gone) leaving ??= setTimeout(cutOff, closeTimeoutMs);
    messages.clear();
    stop();
  };
  const receive = (message: Message) => {
    state.taken += sizeOf(message);
    if (!state.admitted && state.taken > unauthenticatedBytes) terminate(closeCodes.tooBig, "Message too big");
    if (!state.mayCome) throw new Error("a frame came after the last goodbye");
    if (messages.add(message)) return;
    // Messages that are queued already are still stored.
    close(closeCodes.tryAgainLater, "Too much waits to be stored");
    stop();
    throw new Error("too much waits to be stored");
  };
  // An exception in this listener makes workerd close the transport at once.
  socket.addEventListener("message", ({ data }) => receive(data));
  onEnd(socket, (wasClean) => {
    if (leaving !== undefined) clearTimeout(leaving);
    state.gone = true;
    state.lost = !wasClean;
    stop();
  });
  const send = (text: string) => {
    if (state.open && state.mayCome) socket.send(text);
  };
  return {
    next: messages.next,
    nextBatch: messages.nextBatch,
    skipNextIf: messages.skipNextIf,
    discardAll: messages.discardAll,
    takeQueued: messages.takeQueued,
    wait: messages.wait,
    isOpen: () => state.open && state.mayCome,
    isDisconnected: () => state.lost,
    send: (value) => send(stringifyJson(value)),
    sendText: send,
    markAuthenticated() {
      state.admitted = true;
    },
    terminate,
    close,
  };
}
