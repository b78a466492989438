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
  let giveUp: ReturnType<typeof vi.fn<(reason: unknown) => void>>;
  let ending: AbortController;
  const start = async () => {
    const child = makeChild(children.length + 1);
    children.push(child);
    return child;
  };
  const begin = () => supervise({ name: "The server", start, ending: ending.signal, giveUp });

  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(console, "error").mockImplementation(() => {});
    children = [];
    giveUp = vi.fn();
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

  it("gives up a server that lives only briefly time after time", async () => {
    await begin();
    for (let life = 0; life < 4; life++) {
      children.at(-1)?.die("exit status 1");
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(children).toHaveLength(4);
    expect(giveUp).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ message: "The server keeps ending (exit status 1); giving up." }),
    );
  });

  it("never gives up a server that lives long in between", async () => {
    await begin();
    for (let life = 0; life < 10; life++) {
      await vi.advanceTimersByTimeAsync(60_000);
      children.at(-1)?.die("signal SIGKILL");
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(children).toHaveLength(11);
    expect(giveUp).not.toHaveBeenCalled();
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
