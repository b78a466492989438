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
