import { expect, it } from "vitest";
import { startWorker } from "../../support/worker.ts";

it("clients that leave in the middle of their writes hold nobody else up", { timeout: 60_000 }, async () => {
  const worker = await startWorker();
  try {
    const create = (name: string, signal: AbortSignal | null = null) =>
      fetch(`${worker.url}/flows/`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name }),
        signal,
      });
    const started = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 300 }, async (_, i) => {
        const leaves = i % 3 === 0;
        const answer = create(`flow ${i}`, leaves ? AbortSignal.timeout(i % 40) : null);
        return leaves
          ? await answer.then(
              ({ status }) => status,
              () => "left",
            )
          : (await answer).status;
      }),
    );
    expect(answers.filter((_, i) => i % 3 !== 0).every((status) => status === 201)).toBe(true);
    expect(answers).toContain("left");
    expect((await create("afterwards")).status).toBe(201);
    // A turn that nobody ended would cost six seconds each.
    expect(performance.now() - started).toBeLessThan(5_500);
  } finally {
    await worker.dispose();
  }
});

it("many clients that write at a time each get their own answer", { timeout: 120_000 }, async () => {
  const worker = await startWorker();
  try {
    const timestamp = new Date().toISOString();
    const lines = Array.from({ length: 100 }, (_, i) => ({ name: "n", level: 20, message: `line ${i}`, timestamp }));
    const statuses = new Set<number>();
    const client = async () => {
      for (let i = 0; i < 250; i++) statuses.add((await worker.post("/logs/", lines)).status);
    };
    await Promise.all(Array.from({ length: 16 }, client));
    expect([...statuses]).toEqual([201]);
    const count = await worker.post("/logs/filter", { limit: 1, offset: 16 * 250 * 100 - 1 });
    expect(await count.json()).toHaveLength(1);
  } finally {
    await worker.dispose();
  }
});

it.each(["", "4"])("a deployed Worker that keeps %j connections takes writes at a time", { timeout: 60_000 }, async (kept) => {
  const worker = await startWorker({ MILLIWAYS_LOCAL: "", MILLIWAYS_API_KEY: "key", MILLIWAYS_DATABASE_STREAMS: kept });
  try {
    const headers = { "content-type": "application/json", authorization: "Bearer key" };
    const create = (i: number) =>
      fetch(`${worker.url}/flows/`, { method: "POST", headers, body: JSON.stringify({ name: `flow ${i}` }) });
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => create(i)));
    expect([...new Set(answers.map(({ status }) => status))]).toEqual([201]);
    const count = await fetch(`${worker.url}/flows/count`, { method: "POST", headers, body: "{}" });
    expect(await count.json()).toBe(40);
  } finally {
    await worker.dispose();
  }
});
