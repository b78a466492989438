import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { operations } from "../../src/app.ts";
import { openApiDocument } from "../../src/http/openapi.ts";
import { additions, differences } from "./differences.ts";
import { missingFrom, type Shapes, shapesOf } from "./shapes.ts";

const fixture = (name: string): Shapes => JSON.parse(readFileSync(join(import.meta.dirname, "fixtures", `${name}.json`), "utf8"));
const own = shapesOf(openApiDocument(operations));

describe.each(["current-3.9.1", "seed-3.3.0"])("the contract against %s", (name) => {
  const reference = fixture(name);

  it.each(Object.entries(reference.operations))("%s has every parameter and property", (operation, shape) => {
    const mine = own.operations[operation];
    expect(mine, `${operation} is missing`).toBeDefined();
    if (mine === undefined) return;
    const of = { wanted: reference, given: own };
    const faults = [
      ...shape.parameters.filter((p) => !mine.parameters.includes(p)).map((p) => `parameter ${p}: missing`),
      ...missingFrom(shape.body ?? [], mine.body ?? [], "body", of),
      ...missingFrom(shape.response ?? [], mine.response ?? [], "response", of),
    ].filter((fault) => !differences.some((d) => d.operation.test(operation) && d.fault.test(fault)));
    expect(faults).toEqual([]);
  });
});

describe("the contract", () => {
  it("adds only what is listed", () => {
    const known = new Set(["current-3.9.1", "seed-3.3.0"].flatMap((name) => Object.keys(fixture(name).operations)));
    const added = Object.keys(own.operations).filter(
      (operation) => !known.has(operation) && !operation.includes("/openapi.json"),
    );
    expect(added.filter((operation) => !(operation in additions)).sort()).toEqual([]);
  });
});
