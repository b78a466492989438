import type { SocketGauges } from "../deps.ts";
import { type Json, type ReadJson, readJsonText, stringifyJson } from "../lib/json.ts";
import { inbox, type Message, sizeOf } from "./inbox.ts";

export type { Message } from "./inbox.ts";

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
  tryAgainLater: 1013,
} as const;

const maximumReasonBytes = 123;
/** What a client may send before its credentials were checked, in bytes. */
const strangersBytes = 64 * 1024;
/** How long a client has to answer the last goodbye, in milliseconds, before its transport is cut. */
const leaveMs = 2_000;

/** The server's end of a websocket: messages wait in order until they are taken. */
export interface Connection {
  /** Returns the next message, null when no more will come. */
  next(): Promise<Message | null>;
  /** Returns messages that wait, one at least and no more than about a megabyte; none when no more will come. */
  waiting(): Promise<Message[]>;
  /** Leaves the next message out if it is one of these. */
  tolerate(isOne: (message: Message) => boolean): void;
  /** From now on what comes is left out. */
  ignore(): void;
  /** Returns the next message if it is there already. */
  take(): Message | undefined;
  /** Returns after so many milliseconds, or earlier when no more will come, or for "message" when one is there. */
  rest(milliseconds: number, until?: "message" | "end"): Promise<void>;
  send(value: Json): void;
  /** Sends JSON text. */
  sendText(text: string): void;
  /** The client has shown its credentials: it may send more than a stranger. */
  admit(): void;
  /** Says goodbye and reads nothing more: the transport is cut with the next frame that comes, or soon. */
  finish(code: number, reason: string): void;
  /** Says goodbye; messages may still come until the other side has answered. */
  close(code: number, reason: string): void;
  /** Tells whether something sent now has a reader. */
  isOpen(): boolean;
  /** Tells whether the other side went without a goodbye. */
  isLost(): boolean;
}

/** Returns a message as JSON, undefined if it is none. */
export function readSent(message: Message): ReadJson | undefined {
  try {
    return typeof message === "string" ? readJsonText(message) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns a message that holds no free JSON, all its numbers as doubles; undefined if it is no JSON. */
export const readJson = (message: Message): Json => readSent(message)?.plain;

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

export interface TakeOver {
  readonly gauges: SocketGauges;
  /** How much may wait in this socket, in bytes. */
  readonly backlog: number;
  readonly cutOff: () => void;
}

/**
 * Takes a websocket over. Its goodbye is answered by `close` alone, so that what came before can be stored first. `cutOff` ends the request
 * behind it with its transport: workerd has no other way to end a socket whose client neither answers a close nor sends anything.
 */
export function takeOver(socket: WebSocket, { gauges, backlog, cutOff }: TakeOver): Connection {
  socket.accept({ allowHalfOpen: true });
  const messages = inbox(gauges, backlog);
  const state = { admitted: false, open: true, mayCome: true, gone: false, lost: false, taken: 0 };
  let leaving: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    state.mayCome = false;
    messages.end();
  };
  const close = (code: number, reason: string) => {
    if (state.open) sayGoodbye(socket, code, reason);
    state.open = false;
  };
  const finish = (code: number, reason: string) => {
    close(code, reason);
    if (!state.gone) leaving ??= setTimeout(cutOff, leaveMs);
    messages.clear();
    stop();
  };
  const receive = (message: Message) => {
    state.taken += sizeOf(message);
    if (!state.admitted && state.taken > strangersBytes) finish(closeCodes.tooBig, "Message too big");
    if (!state.mayCome) throw new Error("a frame came after the last goodbye");
    if (messages.add(message)) return;
    // What waits already is still stored.
    close(closeCodes.tryAgainLater, "Too much waits to be stored");
    stop();
    throw new Error("too much waits to be stored");
  };
  // An exception in this listener is how workerd cuts the transport at once.
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
    waiting: messages.waiting,
    tolerate: messages.tolerate,
    ignore: messages.ignore,
    take: messages.take,
    rest: messages.rest,
    isOpen: () => state.open && state.mayCome,
    isLost: () => state.lost,
    send: (value) => send(stringifyJson(value)),
    sendText: send,
    admit() {
      state.admitted = true;
    },
    finish,
    close,
  };
}
