import type { MemoryBudget, MemoryLease } from "../../lib/memory.ts";
import { closeStream, execute, NoAnswer, ResultTooLarge, ServerError, type Stream, StreamGone, type Wire } from "./client.ts";
import type { Connections } from "./connections.ts";
import { type Batch, groupCommit, type Outcome, type Program, programOf } from "./program.ts";
import type { Streams } from "./streams.ts";

interface SenderOptions {
  readonly wire: Wire;
  readonly connections: Connections | undefined;
  readonly memory: MemoryBudget;
  /** Lets a write that is under way be answered though its client has left. */
  readonly waitUntil: ((work: Promise<unknown>) => void) | undefined;
  /** Called where a request goes out again because the server had closed its stream. */
  readonly onSecondTry: () => void;
}

/** Brings batches to the database, each until a point in time in milliseconds since the epoch. */
export interface Sender {
  /** Reads an answer of so many bytes at most, held by the lease. */
  read(batch: Batch, until: number, answer: Pick<Bounds, "most" | "lease">): Promise<Outcome>;
  write(batch: Batch, until: number): Promise<Outcome>;
}

/** How many bytes an answer of the database may have where its reader names no fewer: the embedded server sends no more. */
export const answerBytes = 24_000_000;

/**
 * For so long after a request without an answer, in milliseconds, each has its connection cut when its time is over: a socket that asks a
 * stopped database again and again would else have ever more requests under way.
 */
const doubtedFor = 60_000;

interface Bounds {
  readonly until: number;
  readonly most: number;
  readonly lease: MemoryLease;
  readonly streams: Streams | undefined;
}

/** Returns the sender of one request. */
export function sender({ wire, connections, memory, waitUntil, onSecondTry }: SenderOptions): Sender {
  const silence = connections?.silence;
  const isDoubted = (now: number) => silence === undefined || now - silence.noticedAt < doubtedFor;
  const noteSilence = () => {
    if (silence !== undefined) silence.noticedAt = Date.now();
  };
  const run = async (program: Program, { until, most, lease, streams }: Bounds): Promise<Outcome[]> => {
    const { steps, protocol } = program;
    const place = streams?.take() ?? null;
    const keep = place !== null;
    let open: Stream | null = null;
    try {
      const kept = place?.stream ?? null;
      const request = (stream: Stream | null) => {
        const now = Date.now();
        return { steps, protocol, stream, keep, most, lease, timeout: Math.max(1, until - now), cuts: isDoubted(now) };
      };
      const sent = await execute(wire, request(kept)).catch((error) => {
        if (error instanceof NoAnswer) noteSilence();
        if (kept === null || !(error instanceof StreamGone)) throw error;
        onSecondTry();
        return execute(wire, request(null));
      });
      if (sent.stream === null || (!sent.failed && program.isOver(sent.outcomes))) open = sent.stream;
      // Else its transaction may be open: another request would read an old snapshot in it, and a write would keep the lock.
      else await closeStream(wire, sent.stream);
      return program.read(sent.outcomes);
    } finally {
      if (place !== null) streams?.giveBack(place, open);
    }
  };
  const read: Sender["read"] = async (batch, until, answer) =>
    firstOf(await run(programOf(batch), { ...answer, until, streams: connections?.readers }));
  const runWrite = async (program: Program, until: number): Promise<Outcome[]> => {
    const lease = memory.lease();
    return run(program, { until, lease, most: answerBytes, streams: connections?.writers }).finally(lease.release);
  };
  const writeAlone = (batch: Batch, until: number) => runWrite(programOf(batch), until).then(firstOf);
  const writeAll = async (batches: readonly Batch[], until: number): Promise<Outcome[]> => {
    const [first] = batches;
    if (first !== undefined && batches.length === 1) return [await writeAlone(first, until)];
    const outcomes = await runWrite(groupCommit(batches), until);
    if (!outcomes.some((outcome) => "error" in outcome && outcome.error instanceof ResultTooLarge)) return outcomes;
    // The group was never committed: one batch with too large a result must not fail the others.
    const alone: Outcome[] = [];
    for (const batch of batches) alone.push(await writeAlone(batch, until));
    return alone;
  };
  const write = (batch: Batch, until: number): Promise<Outcome> => {
    const written = connections?.queue.write(batch, until, (batches) => writeAll(batches, until)) ?? writeAlone(batch, until);
    waitUntil?.(written.catch(() => undefined));
    return written;
  };
  return { read, write };
}

function firstOf<T>([first]: readonly T[]): T {
  if (first === undefined) throw new ServerError("the database gave no result");
  return first;
}
