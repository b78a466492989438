import { describe, expect, it } from "vitest";
import { evaluateEvent, evaluateProactively } from "../../../src/domain/automations/evaluate.ts";
import type { Firing } from "../../../src/domain/automations/firing.ts";
import { leavesOf } from "../../../src/domain/automations/leaves.ts";
import { memoryOf } from "../../../src/domain/automations/memory.ts";
import { objectOf } from "../../../src/lib/json.ts";
import type { Trigger } from "../../../src/schemas/automations/triggers.ts";
import { compound, eventOf, on, second, sequence } from "../../support/evaluation.ts";

const base = 1_900_000_000 * second;

/** A trigger with a memory of its own, which is sent events by their names and seconds. */
function triggerOf(trigger: Trigger) {
  const memory = memoryOf();
  let clock = base;
  const stamps = { now: () => ++clock, newId: () => String(++clock) };
  const [leaf] = leavesOf(trigger);
  if (leaf === undefined) throw new Error("there is no event trigger");
  const numbers = (firings: readonly Firing[]) =>
    firings.map(({ triggering_event }) => objectOf(triggering_event?.payload).n ?? null);
  let n = 0;
  return {
    memory,
    wait: (seconds: number) => {
      clock += seconds * second;
    },
    /** Returns the numbers of the events that fired it, from 1. */
    send: (...events: readonly (readonly [name: string, at: number, resource?: string])[]) =>
      events.flatMap(([name, at, id = "x"]) => {
        n++;
        const event = {
          ...eventOf(name, { resource: { "prefect.resource.id": id }, payload: { n } }),
          occurred: base + at * second,
        };
        const firings = leavesOf(trigger).flatMap((one) => evaluateEvent(one, { ...event, received: base }, { memory, stamps }));
        return numbers(firings);
      }),
    /** Evaluates it without an event; returns the numbers of the events that its firings carry, and when it is due again. */
    look: (at: number) => {
      const keys = memory
        .changes()
        .buckets.filter(({ value }) => value !== null)
        .map(({ key }) => key);
      const { firings, due } = evaluateProactively(leaf, keys, base + at * second, { memory, stamps });
      return { fired: numbers(firings), due: (due - base) / second };
    },
    counts: () => memory.changes().buckets.flatMap(({ value }) => (value === null ? [] : [value.count])),
  };
}

const at = (name: string, ...times: readonly number[]) => times.map((time) => [name, time] as const);

describe("a Reactive trigger", () => {
  it("fires on every event, without a window", () => {
    expect(triggerOf(on(["a"])).send(...at("a", 0, 50, 20))).toEqual([1, 2, 3]);
    expect(triggerOf(on(["a"], { threshold: 0 })).send(...at("a", 0, 50))).toEqual([1, 2]);
  });

  it("fires on each third event, whatever their times", () => {
    expect(triggerOf(on(["a"], { threshold: 3 })).send(...at("a", 0, 50, 20, 10, 100, 0, 0))).toEqual([3, 6]);
  });

  it("fires when the threshold is met, and then is deaf until its window has passed", () => {
    const times = [0, 5, 9, 9.5, 15, 22, 23, 29, 45, 56, 57];
    expect(triggerOf(on(["a"], { threshold: 3, within: 10 })).send(...at("a", ...times))).toEqual([3, 8]);
    expect(triggerOf(on(["a"], { threshold: 1, within: 10 })).send(...at("a", ...times))).toEqual([1, 5, 6, 9, 10]);
  });

  it("counts older events in its first window, as far as 15 minutes back", () => {
    expect(triggerOf(on(["a"], { threshold: 2, within: 10 })).send(...at("a", 0, -900))).toEqual([2]);
    expect(triggerOf(on(["a"], { threshold: 2, within: 10 })).send(...at("a", 0, -901, 1))).toEqual([3]);
  });

  it("waits for its start, and fires once for each", () => {
    const trigger = triggerOf(on(["b"], { after: ["a"], within: 10 }));
    expect(trigger.send(["b", 0], ["a", 1], ["a", 5], ["b", 3], ["b", 4], ["a", 20], ["b", 31], ["b", 32])).toEqual([4]);
  });

  it("counts only what occurred since its start", () => {
    expect(triggerOf(on(["b"], { after: ["a"], within: 10 })).send(["a", 5], ["b", 4], ["b", 15], ["a", 20], ["b", 29])).toEqual([
      5,
    ]);
  });

  it("fires however late after its start, without a window", () => {
    expect(triggerOf(on(["b"], { after: ["a"] })).send(["a", 5], ["b", 500], ["b", 501])).toEqual([2]);
  });

  it("fires with the second event that is both start and expected, then begins anew", () => {
    expect(triggerOf(on(["a"], { after: ["a"], within: 10 })).send(...at("a", 0, 1, 2, 3))).toEqual([2, 4]);
  });

  it("counts separately for each key", () => {
    const trigger = triggerOf(on(["a"], { threshold: 2, within: 60, for_each: ["prefect.resource.id"] }));
    expect(trigger.send(["a", 0, "x"], ["a", 1, "y"], ["a", 2, "x"], ["a", 3, "z"], ["a", 4, "y"])).toEqual([3, 5]);
  });
});

describe("a Proactive trigger", () => {
  const proactive = (more: object) => on(["b"], { posture: "Proactive", within: 10, ...more });

  it("fires each window in which nothing came, without a key", () => {
    const trigger = triggerOf(proactive({}));
    expect(trigger.look(0)).toEqual({ fired: [], due: 10 });
    expect(trigger.look(10)).toEqual({ fired: [null], due: 20 });
    expect(trigger.look(21)).toEqual({ fired: [null], due: 31 });
  });

  it("does not fire for a window in which enough came; the next one opens when it is looked at next", () => {
    const trigger = triggerOf(proactive({}));
    trigger.look(0);
    expect(trigger.send(["b", 3])).toEqual([]);
    expect(trigger.look(10)).toEqual({ fired: [], due: 20 });
    expect(trigger.counts()).toEqual([]);
    expect(trigger.look(20)).toEqual({ fired: [], due: 30 });
    expect(trigger.look(30)).toEqual({ fired: [null], due: 40 });
  });

  it("fires without a start, where it has no key", () => {
    const trigger = triggerOf(proactive({ after: ["a"] }));
    trigger.look(0);
    expect(trigger.look(10).fired).toEqual([null]);
  });

  it("notices for each key that nothing came after its start, and carries the start", () => {
    const trigger = triggerOf(proactive({ after: ["a"], for_each: ["prefect.resource.id"] }));
    expect(trigger.send(["a", 0, "x"], ["a", 1, "y"], ["b", 2, "y"], ["b", 3, "z"])).toEqual([]);
    expect(trigger.look(9.9)).toEqual({ fired: [], due: 10 });
    expect(trigger.look(10)).toEqual({ fired: [1], due: 20 });
    expect(trigger.look(30).fired).toEqual([]);
  });

  it("is fired by an expected event that comes too late, before it is looked at", () => {
    const trigger = triggerOf(proactive({ after: ["a"], for_each: ["prefect.resource.id"] }));
    expect(trigger.send(["a", 0], ["b", 11])).toEqual([2]);
    expect(trigger.look(20).fired).toEqual([]);
  });

  it("counts an expected event that was evaluated before its start, if it occurred in the window", () => {
    const trigger = triggerOf(proactive({ after: ["a"], for_each: ["prefect.resource.id"] }));
    trigger.send(["b", 5], ["a", 0]);
    expect(trigger.look(10).fired).toEqual([]);
    trigger.send(["b", 5], ["a", 6]);
    expect(trigger.look(16).fired).toEqual([4]);
  });

  it("opens the next window at each heartbeat, and fires after the last", () => {
    const trigger = triggerOf(
      on(["beat", "done"], { posture: "Proactive", within: 10, after: ["beat"], for_each: ["prefect.resource.id"] }),
    );
    expect(trigger.send(["beat", 0], ["beat", 6], ["beat", 12], ["beat", 18])).toEqual([]);
    expect(trigger.look(27.9).fired).toEqual([]);
    expect(trigger.look(28).fired).toEqual([4]);
  });

  it("is satisfied by the end that races the last heartbeat, in whatever order they are evaluated", () => {
    const heartbeats = () =>
      triggerOf(on(["beat", "done"], { posture: "Proactive", within: 10, after: ["beat"], for_each: ["prefect.resource.id"] }));
    for (const events of [
      [
        ["beat", 0],
        ["beat", 6],
        ["done", 7],
      ],
      [
        ["beat", 0],
        ["done", 7],
        ["beat", 6],
      ],
      [
        ["done", 7],
        ["beat", 0],
        ["beat", 6],
      ],
    ] as const) {
      const trigger = heartbeats();
      expect(trigger.send(...events)).toEqual([]);
      expect(trigger.look(30).fired).toEqual([]);
    }
  });

  it("carries the newer of the event that rolled its window and the last that was expected", () => {
    const trigger = triggerOf(
      on(["beat", "note"], {
        posture: "Proactive",
        threshold: 2,
        within: 10,
        after: ["beat"],
        for_each: ["prefect.resource.id"],
      }),
    );
    trigger.send(["beat", 0], ["note", 5], ["beat", 4]);
    expect(trigger.look(14).fired).toEqual([2]);
  });

  it("fires where fewer came than expected", () => {
    const trigger = triggerOf(proactive({ threshold: 3 }));
    trigger.look(0);
    trigger.send(["b", 1], ["b", 2]);
    expect(trigger.look(10).fired).toEqual([2]);
  });
});

describe("a composite trigger", () => {
  const ids = ["a", "b", "c"] as const;
  const three = () => ids.map((name) => on([name]));
  const send = (trigger: Trigger, names: string) => triggerOf(trigger).send(...[...names].map((name, i) => [name, i] as const));

  it.each([
    ["all", "aacb", [4]],
    ["all", "aacbb", [4]],
    ["all", "abcabc", [3, 6]],
    ["any", "aab", [1, 2, 3]],
    [1, "aab", [1, 2, 3]],
    [2, "aacb", [3]],
    [2, "aacba", [3, 5]],
  ] as const)("of three that requires %s fires on %s at %j", (require, names, fired) => {
    expect(send(compound(require, three()), names)).toEqual(fired);
  });

  it.each([
    ["abc", [3]],
    ["babc", [4]],
    ["acb", []],
    ["acbc", [4]],
    ["abcabc", [3, 6]],
    ["aabbc", [5]],
  ] as const)("in sequence fires on %s at %j", (names, fired) => {
    expect(send(sequence(three()), names)).toEqual(fired);
  });

  it("forgets what fired longer ago than `within`, by the clock of the firings", () => {
    const trigger = triggerOf(compound("all", [on(["a"]), on(["b"])], 2));
    trigger.send(["a", 0]);
    trigger.wait(3);
    expect(trigger.send(["b", 0])).toEqual([]);
    expect(trigger.send(["a", -9000])).toEqual([3]);
  });

  it("nests, and keeps the firings that made it fire", () => {
    const inner = compound("all", [on(["a"]), on(["b"])]);
    const trigger = sequence([inner, on(["c"])]);
    expect(triggerOf(trigger).send(["b", 0], ["a", 1], ["c", 2], ["c", 3])).toEqual([3]);
  });

  it("without triggers never fires", () => {
    expect(leavesOf(compound("all", []))).toEqual([]);
  });
});
