import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startTicker } from "../../src/local/ticker.ts";
import { readWorkerConfig } from "../../src/local/worker-bundle.ts";

describe("startTicker", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
    vi.spyOn(console, "error").mockImplementation(() => {});
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("fires every cron at once and then every so many seconds, with the time of the tick", async () => {
    const fire = vi.fn(async () => {});
    const ticker = startTicker({ seconds: 2, crons: ["* * * * *", "0 * * * *"], fire });
    await vi.advanceTimersByTimeAsync(4_500);
    ticker.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(fire.mock.calls).toEqual(
      [1_000_000, 1_002_000, 1_004_000].flatMap((time) => [
        ["* * * * *", time],
        ["0 * * * *", time],
      ]),
    );
  });

  it("never fires with 0 seconds", async () => {
    const fire = vi.fn(async () => {});
    startTicker({ seconds: 0, crons: ["* * * * *"], fire });
    await vi.advanceTimersByTimeAsync(100_000);
    expect(fire).not.toHaveBeenCalled();
  });

  it("lets no tick join one that is still running", async () => {
    const fire = vi.fn(() => new Promise<void>((resolve) => setTimeout(resolve, 5_000)));
    const ticker = startTicker({ seconds: 2, crons: ["* * * * *"], fire });
    await vi.advanceTimersByTimeAsync(7_000);
    ticker.stop();
    expect(fire).toHaveBeenCalledTimes(2);
  });

  it("goes on after a failure and says it once", async () => {
    const fire = vi.fn(async () => {
      throw new Error("no database");
    });
    const ticker = startTicker({ seconds: 1, crons: ["* * * * *"], fire });
    await vi.advanceTimersByTimeAsync(3_500);
    ticker.stop();
    expect(fire).toHaveBeenCalledTimes(4);
    expect(console.error).toHaveBeenCalledExactlyOnceWith("The cron failed: no database");
  });
});

describe("readWorkerConfig", () => {
  it("reads what decides how the Worker runs", () => {
    const toml =
      'name = "x"\nmain = "src/worker.ts"\ncompatibility_date = "2026-11-01"\ncompatibility_flags = ["a", "b"]\n[triggers]\ncrons = ["* * * * *", "0 3 * * *"]\n';
    expect(readWorkerConfig(toml)).toEqual({
      main: expect.stringMatching(/\/src\/worker\.ts$/),
      compatibilityDate: "2026-11-01",
      compatibilityFlags: ["a", "b"],
      crons: ["* * * * *", "0 3 * * *"],
    });
  });

  it("refuses a file without an entry", () => {
    expect(() => readWorkerConfig('compatibility_date = "2026-11-01"')).toThrow(/lacks main/);
  });
});
