import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Batch, Outcome } from "../../../src/store/hrana/program.ts";
import { writeQueue } from "../../../src/store/hrana/write-queue.ts";

const batch = (name: string, size = 1): Batch => ({ mode: "write", statements: [{ sql: name, args: ["x".repeat(size)] }] });
const nameOf = ({ statements }: Batch) => statements[0]?.sql ?? "";

/** A database whose requests end when told to. */
function heldDatabase() {
  const requests: { names: string[]; end: () => void; fail: (error: Error) => void }[] = [];
  const send = (batches: readonly Batch[]) =>
    new Promise<Outcome[]>((resolve, reject) => {
      const results = batches.map((one): Outcome => ({ results: [{ rows: [[nameOf(one)]], rowsAffected: 0 }] }));
      requests.push({ names: batches.map(nameOf), end: () => resolve(results), fail: reject });
    });
  return { requests, send };
}

describe("the queue of writes", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  /** Long enough for those who wait to look. */
  const settle = () => vi.advanceTimersByTimeAsync(3);

  it("sends one request at a time, with all that wait, and gives each its own outcome", async () => {
    const { requests, send } = heldDatabase();
    const queue = writeQueue(1);
    const written = ["a", "b", "c"].map((name) => queue.write(batch(name), Number.POSITIVE_INFINITY, send));
    await settle();
    expect(requests.map(({ names }) => names)).toEqual([["a"]]);
    requests[0]?.end();
    await settle();
    const late = queue.write(batch("d"), Number.POSITIVE_INFINITY, send);
    await settle();
    expect(requests.map(({ names }) => names)).toEqual([["a"], ["b", "c"]]);
    requests[1]?.end();
    await settle();
    requests[2]?.end();
    const outcomes = await Promise.all([...written, late]);
    expect(outcomes.map((outcome) => ("results" in outcome ? outcome.results[0]?.rows[0]?.[0] : null))).toEqual([
      "a",
      "b",
      "c",
      "d",
    ]);
    await settle();
    expect(requests).toHaveLength(3);
  });

  it("has no more requests under way than it may, and sends what waits when one of them ends", async () => {
    const { requests, send } = heldDatabase();
    const queue = writeQueue(2);
    const written = Promise.all(["a", "b", "c", "d"].map((name) => queue.write(batch(name), Number.POSITIVE_INFINITY, send)));
    await settle();
    expect(requests.map(({ names }) => names)).toEqual([["a"], ["b"]]);
    requests[1]?.end();
    await settle();
    expect(requests.map(({ names }) => names)).toEqual([["a"], ["b"], ["c", "d"]]);
    requests[0]?.fail(new Error("cut"));
    requests[2]?.end();
    await expect(written).rejects.toThrow("cut");
    expect(requests).toHaveLength(3);
  });

  it("keeps a group small", async () => {
    const { requests, send } = heldDatabase();
    const queue = writeQueue(1);
    const all = [batch("first"), ...Array.from({ length: 20 }, (_, i) => batch(`${i}`)), batch("big", 600_000), batch("last")];
    const written = Promise.all(all.map((one) => queue.write(one, Number.POSITIVE_INFINITY, send)));
    for (let i = 0; i < 5; i++) {
      requests[i]?.end();
      await settle();
    }
    await written;
    expect(requests.map(({ names }) => names.length)).toEqual([1, 16, 4, 1, 1]);
    expect(requests.flatMap(({ names }) => names)).toEqual(all.map(nameOf));
  });

  it("tells a failure to all whose writes were in the request, and goes on", async () => {
    const { requests, send } = heldDatabase();
    const queue = writeQueue(1);
    const written = Promise.allSettled(["a", "b", "c"].map((name) => queue.write(batch(name), Number.POSITIVE_INFINITY, send)));
    await settle();
    requests[0]?.end();
    await settle();
    requests[1]?.fail(new Error("gone"));
    await settle();
    expect((await written).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    const next = queue.write(batch("d"), Number.POSITIVE_INFINITY, send);
    requests[2]?.end();
    expect(await next).toMatchObject({ results: [{ rows: [["d"]] }] });
  });

  it("waits no longer than a transaction can take for one that was cut off; what was sent is never sent again", async () => {
    const { requests, send } = heldDatabase();
    const queue = writeQueue(1);
    void queue.write(batch("cut off"), Number.POSITIVE_INFINITY, send);
    const sent = queue.write(batch("a"), Number.POSITIVE_INFINITY, send);
    await vi.advanceTimersByTimeAsync(5_900);
    expect(requests).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(requests.map(({ names }) => names)).toEqual([["cut off"], ["a"]]);
    requests[1]?.end();
    expect(await sent).toMatchObject({ results: [{ rows: [["a"]] }] });
    void queue.write(batch("b"), Number.POSITIVE_INFINITY, send);
    const together = queue.write(batch("c"), Number.POSITIVE_INFINITY, send);
    const first = queue.write(batch("d"), Number.POSITIVE_INFINITY, send);
    requests[2]?.end();
    await settle();
    expect(requests[3]?.names).toEqual(["c", "d"]);
    // Whoever of the two looked first has sent both; the other hears nothing.
    const lost = Promise.allSettled([together, first]);
    await vi.advanceTimersByTimeAsync(7_000);
    requests[3]?.fail(new Error("too late"));
    expect((await lost).map((one) => (one.status === "rejected" ? one.reason.message : ""))).toEqual([
      "too late",
      "the request that sent this write was cut off",
    ]);
    expect(requests).toHaveLength(4);
  });

  it("gives up at the end of its time, and does not send later what the client was told has failed", async () => {
    const { requests, send } = heldDatabase();
    const queue = writeQueue(1);
    const soon = Date.now() + 1_000;
    const [sent, waiting] = ["sent", "waiting"].map((name) => queue.write(batch(name), soon, send));
    const given = Promise.allSettled([waiting]);
    await vi.advanceTimersByTimeAsync(1_100);
    expect((await given)[0]).toMatchObject({ status: "rejected", reason: { message: "the database did not answer in time" } });
    requests[0]?.end();
    await sent;
    await queue.write(batch("next"), Number.POSITIVE_INFINITY, async (batches) => {
      expect(batches.map(nameOf)).toEqual(["next"]);
      return batches.map(() => ({ results: [] }));
    });
  });

  it("refuses at once what would make the waiting writes more than the isolate can hold", async () => {
    const { requests, send } = heldDatabase();
    const queue = writeQueue(1);
    const large = Array.from({ length: 6 }, (_, i) => queue.write(batch(`${i}`, 4_500_000), Number.POSITIVE_INFINITY, send));
    const refused = queue.write(batch("one too many", 4_500_000), Number.POSITIVE_INFINITY, send);
    await expect(refused).rejects.toThrow("too many large writes wait");
    for (let i = 0; i < large.length; i++) {
      requests[i]?.end();
      await settle();
    }
    expect(await Promise.all(large)).toHaveLength(6);
  });
});
