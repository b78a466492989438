import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { relatedBlock } from "../../src/store/events/filter.ts";
import { type TestApp, testApp } from "../support/app.ts";

const event = (related: readonly string[], id: string = randomUUID()) => ({
  id,
  occurred: new Date().toISOString(),
  event: "e",
  resource: { "prefect.resource.id": "r" },
  related: related.map((each) => ({ "prefect.resource.id": each, "prefect.resource.role": "role" })),
});

describe("blocks of related resources", () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await testApp();
  });

  const count = async (sql: string) => Number((await app.deps().db.execute({ sql, args: [] })).rows[0]?.[0]);
  const written = () => count("select count(*) from event_related");
  const last = () => count("select max(position) from event");
  const found = async (id: string) => (await app.post("/events/filter", { filter: { related: { id: [id] } } })).body.total;

  it("are written as one when the next block begins", async () => {
    await app.post(
      "/events",
      Array.from({ length: relatedBlock - 1 }, (_, i) => event([`x${i}`, "all"])),
    );
    expect([await last(), await written(), await found("all")]).toEqual([relatedBlock - 1, 0, relatedBlock - 1]);
    await app.post("/events", [event(["all"])]);
    expect([await last(), await written(), await found("all")]).toEqual([relatedBlock, 2 * (relatedBlock - 1), relatedBlock]);
    for (const id of ["x0", "x1", `x${relatedBlock - 2}`]) expect(await found(id)).toBe(1);
  });

  it("are complete whatever the groups, with events told twice in between", async () => {
    const known = event(["all"]);
    await app.post("/events", [known]);
    let sent = 1;
    for (const size of [1, 100, 153, 1, 2, 300, 700, 5]) {
      const group = Array.from({ length: size }, (_, i) => event(["all", `${sent + i}`]));
      await app.post("/events", [known, ...group, known]);
      sent += size;
    }
    const beyond = await count(
      `select count(*) from event where position < (select max(position) / ${relatedBlock} * ${relatedBlock} from event)`,
    );
    expect([await found("all"), await written()]).toEqual([sent, 2 * beyond - 1]);
    for (let i = 1; i < sent; i += 97) expect(await found(`${i}`)).toBe(1);
  });

  it("are not missed where positions were left out", async () => {
    await app.post("/events", [event(["before"])]);
    await app.deps().db.write([{ sql: "update sqlite_sequence set seq = ? where name = 'event'", args: [5 * relatedBlock + 7] }]);
    await app.post("/events", [event(["behind"]), event(["behind"])]);
    expect([await written(), await found("before"), await found("behind")]).toEqual([1, 1, 2]);
  });
});
