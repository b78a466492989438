import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Child } from "../../src/local/processes.ts";
import { supervise } from "../../src/local/supervisor.ts";

type FakeChild = Child & { die: (reason: string) => void };

function makeChild(pid: number): FakeChild {
  const { promise, resolve } = Promise.withResolvers<string>();
  return { pid, exited: promise, die: resolve, stop: async () => resolve("signal SIGTERM") };
}

describe("supervise", () => {
  let children: FakeChild[];
  let refusals: number;
  let ending: AbortController;
  const start = async () => {
    if (refusals > 0) {
      refusals--;
      throw new Error("no luck");
    }
    const child = makeChild(children.length + 1);
    children.push(child);
    return child;
  };
  const begin = () => supervise({ name: "The server", start, ending: ending.signal });

  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(console, "error").mockImplementation(() => {});
    children = [];
    refusals = 0;
    ending = new AbortController();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("starts a server again that ended by itself", async () => {
    const supervised = await begin();
    children[0]?.die("signal SIGKILL");
    await vi.advanceTimersByTimeAsync(200);
    expect(supervised.current().pid).toBe(2);
    expect(console.error).toHaveBeenCalledWith("The server ended with signal SIGKILL; starting it again.");
  });

  it("starts a server that lives only briefly again at ever longer intervals, goes on, and says so", async () => {
    await begin();
    const pauses: number[] = [];
    for (let life = 0; life < 12; life++) {
      const before = children.length;
      children.at(-1)?.die("exit status 1");
      await vi.advanceTimersByTimeAsync(200);
      let waited = 0;
      for (; children.length === before; waited += 100) await vi.advanceTimersByTimeAsync(100);
      pauses.push(Math.round(waited / 1000));
    }
    expect(pauses).toEqual([0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30, 30]);
    expect(console.error).toHaveBeenCalledWith("The server ended with exit status 1; starting it again in 8 s.");
    await vi.advanceTimersByTimeAsync(60_000);
    const before = children.length;
    children.at(-1)?.die("exit status 1");
    await vi.advanceTimersByTimeAsync(200);
    expect(children).toHaveLength(before + 1);
  });

  it("tries again when a new start fails", async () => {
    const supervised = await begin();
    refusals = 5;
    children[0]?.die("exit status 1");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(supervised.current().pid).toBe(2);
    expect(console.error).toHaveBeenCalledWith("The server could not be started; starting it again in 1 s.");
  });

  it("fails where the first start does", async () => {
    refusals = 1;
    await expect(begin()).rejects.toThrow("no luck");
  });

  it("ends at once while it waits for the next start", async () => {
    const supervised = await begin();
    refusals = 20;
    children[0]?.die("exit status 1");
    await vi.advanceTimersByTimeAsync(20_000);
    ending.abort();
    await supervised.stop();
    expect(children).toHaveLength(1);
  });

  it("never gives up a server that lives long in between", async () => {
    await begin();
    for (let life = 0; life < 10; life++) {
      await vi.advanceTimersByTimeAsync(60_000);
      children.at(-1)?.die("signal SIGKILL");
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(children).toHaveLength(11);
  });

  it("starts nothing again once all is ending, also when the server died a moment before", async () => {
    const supervised = await begin();
    children[0]?.die("signal SIGINT");
    await vi.advanceTimersByTimeAsync(50);
    ending.abort();
    const stopped = supervised.stop();
    await vi.advanceTimersByTimeAsync(200);
    await stopped;
    expect(children).toHaveLength(1);
  });
});
