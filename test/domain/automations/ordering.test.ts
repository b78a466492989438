import { describe, expect, it } from "vitest";
import { advanced, evaluationTime } from "../../../src/domain/automations/clock.ts";
import { holdEvent } from "../../../src/domain/automations/held-events.ts";
import { type Arrival, followPatience, inOrder } from "../../../src/domain/automations/ordering.ts";
import { on, second } from "../../support/evaluation.ts";

const now = 1_900_000_000 * second;
const arrival = (id: string, follows: string | null = null, more: Partial<Arrival> = {}): Arrival => ({
  id,
  follows,
  isSettled: false,
  occurred: now,
  received: now,
  ...more,
});
const idsOf = ({ evaluated, waiting }: ReturnType<typeof inOrder>) => [
  evaluated.map(({ id }) => id).join(""),
  waiting.map(({ id }) => id).join(""),
];

describe("events in their order", () => {
  it("wait for the one that they follow", () => {
    expect(idsOf(inOrder([arrival("b", "a"), arrival("c")], [], now))).toEqual(["c", "b"]);
  });

  it("go on when it comes, in the same portion or a later one", () => {
    expect(idsOf(inOrder([arrival("b", "a"), arrival("c"), arrival("a")], [], now))).toEqual(["cab", ""]);
    expect(idsOf(inOrder([arrival("a")], [arrival("b", "a")], now))).toEqual(["ab", ""]);
  });

  it("go on at once behind one that was evaluated, and where they follow themselves", () => {
    expect(idsOf(inOrder([arrival("b", "a", { isSettled: true }), arrival("c", "c"), arrival("d", "c")], [], now))).toEqual([
      "bcd",
      "",
    ]);
  });

  it("come by their times behind one, each before its own followers", () => {
    const waited = [arrival("d", "a", { occurred: now + 2 }), arrival("b", "a", { occurred: now + 1 }), arrival("c", "b")];
    expect(idsOf(inOrder([arrival("a")], waited, now))).toEqual(["abcd", ""]);
  });

  it("are linked in chains of twenty", () => {
    const chain = Array.from({ length: 25 }, (_, i) =>
      arrival(String.fromCharCode(97 + i), i === 0 ? null : String.fromCharCode(96 + i)),
    );
    const [evaluated, waiting] = idsOf(inOrder(chain.toReversed(), [], now));
    expect([evaluated, waiting]).toEqual(["abcdefghijklmnopqrstu", "yxwv"]);
  });

  it("wait no longer than fifteen minutes since they were received", () => {
    const old = { received: now - followPatience };
    expect(idsOf(inOrder([], [arrival("b", "a", old), arrival("c", "b", old), arrival("d", "x")], now))).toEqual(["bc", "d"]);
    expect(idsOf(inOrder([arrival("b", "a", old)], [], now))).toEqual(["b", ""]);
  });

  it("wait for each other in a circle until then", () => {
    expect(idsOf(inOrder([arrival("a", "b"), arrival("b", "a")], [], now))).toEqual(["", "ab"]);
    const old = { received: now - followPatience };
    expect(idsOf(inOrder([], [arrival("a", "b", old), arrival("b", "a", old)], now))).toEqual(["ab", ""]);
  });
});

describe("the clock of events", () => {
  it("lags behind as far as the newest event that was evaluated", () => {
    expect(evaluationTime(null, now)).toBe(now);
    const clock = advanced(null, now - 100 * second, now);
    expect(evaluationTime(clock, now + 5 * second)).toBe(now - 95 * second);
    const later = advanced(clock, now - 200 * second, now + 10 * second);
    expect(evaluationTime(later, now + 10 * second)).toBe(now - 100 * second);
  });

  it("takes dates of the future as now", () => {
    expect(evaluationTime(advanced(null, now + 900 * second, now), now + second)).toBe(now + second);
  });
});

describe("held events", () => {
  const trigger = on(["b"], { posture: "Proactive", after: ["a"], within: 10, threshold: 2 });
  const start = Math.floor(now / (10 * second)) * 10 * second;
  const held = (times: readonly number[], one = trigger) =>
    times
      .reduce<readonly number[]>((all, time) => holdEvent(one, all, start + time * second), [])
      .map((time) => (time - start) / second);

  it("are the first and the last of each window's width, as many as the threshold", () => {
    expect(held([1, 2, 3, 4, 5, 6])).toEqual([1, 2, 5, 6]);
    expect(held([6, 5, 14, 1, 15])).toEqual([1, 5, 6, 14, 15]);
  });

  it("are kept for thirty minutes before the newest, or for the window if it is longer", () => {
    expect(held([0, 1800, 1801])).toEqual([1800, 1801]);
    expect(held([0, 1801, 3600], { ...trigger, within: 3600 })).toEqual([0, 1801, 3600]);
  });
});
