import { describe, expect, it, vi } from "vitest";
import { memoryBudget, OutOfMemory } from "../../src/lib/memory.ts";

describe("a budget of memory", () => {
  const megabyte = 1_000_000;

  it("lets so much be held at a time, and more when something is given back", async () => {
    const budget = memoryBudget(10 * megabyte);
    const [a, b, c] = [budget.lease(), budget.lease(), budget.lease()];
    await a.grow(6 * megabyte);
    await b.grow(4 * megabyte);
    let isHeld = false;
    const waiting = c.grow(5 * megabyte).then(() => {
      isHeld = true;
    });
    await b.grow(1);
    expect(isHeld).toBe(false);
    a.release();
    await waiting;
    expect(isHeld).toBe(true);
  });

  it("lets what is larger by itself be held alone, and what is small always", async () => {
    const budget = memoryBudget(megabyte);
    const large = budget.lease();
    await large.grow(5 * megabyte);
    await budget.lease().grow(1_000);
  });

  it("gives up in time, and takes back what was never given back", async () => {
    vi.useFakeTimers();
    try {
      const budget = memoryBudget(megabyte);
      await budget.lease().grow(megabyte);
      const refused = expect(budget.lease().grow(megabyte)).rejects.toThrow(OutOfMemory);
      await vi.advanceTimersByTimeAsync(9_000);
      await refused;
      await vi.advanceTimersByTimeAsync(55_000);
      await budget.lease().grow(megabyte);
    } finally {
      vi.useRealTimers();
    }
  });
});
