import { beforeAll, describe, it } from "vitest";
import type { Operation } from "../../src/http/operation.ts";
import { isJsonObject } from "../../src/lib/json.ts";
import { bodySchema, operations, type Place, placesOf, replaced } from "../support/samples.ts";
import { hostileValues, surprises } from "./values.ts";
import { hostileWorld, isDestructive, type Sent, type World } from "./world.ts";

export const withBody = operations.filter((operation) => operation.body !== undefined && !isDestructive(operation));
export const table = (list: readonly Operation[]) =>
  list.map((operation) => [`${operation.method} ${operation.path}`, operation] as const);

/** Sends every request; throws with all that went wrong: a 5xx, a refusal that left something behind, an error of another shape. */
export async function sendAll(world: World, operation: Operation, requests: Iterable<Sent>): Promise<void> {
  const faults: string[] = [];
  for (const request of requests) {
    try {
      const answer = await world.send(operation, request);
      if (answer.status >= 400 && !isErrorBody(answer.body)) faults.push(`${answer.status} with ${answer.text.slice(0, 200)}`);
    } catch (error) {
      faults.push(String(error));
    }
  }
  if (faults.length > 0) throw new Error(faults.join("\n"));
}

const isErrorBody = (body: unknown): boolean =>
  isJsonObject(body) && (typeof body.detail === "string" || typeof body.exception_message === "string");

/** Puts hostile values into every member of the operations' bodies, one at a time. */
export function testMembers(list: readonly Operation[]): void {
  let world: World;
  beforeAll(async () => {
    world = await hostileWorld();
  });
  // A filter's members are the same wherever it is taken: they are walked once, in the first operation that has them.
  const walked = new Set<string>();
  const places = new Map(list.map((operation) => [operation, placesOf(bodySchema(operation), walked)]));
  describe("a value of another type, or at the edge of its own and beyond, in any member", () => {
    it.each(table(list))(
      "%s",
      (_, operation) => sendAll(world, operation, mutations(world, operation, places.get(operation) ?? [])),
      60_000,
    );
  });
}

function* mutations(world: World, operation: Operation, places: readonly Place[]): Generator<Sent> {
  for (const place of places) {
    for (const value of hostileValues(place, world.known)) yield sent(world, operation, place, value);
    if (!isJsonObject(place.schema.properties)) continue;
    for (const key of surprises) yield sent(world, operation, place, beside(world.body(operation), place, key));
  }
}

const sent = (world: World, operation: Operation, { path }: Place, value: unknown): Sent => ({
  path: world.path(operation),
  body: replaced(world.body(operation), path, value),
});

function beside(body: unknown, { path }: Place, key: string): unknown {
  const here = path.reduce<unknown>(
    (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
    body,
  );
  return Object.defineProperty({ ...Object(here) }, key, { value: { x: 1 }, enumerable: true, configurable: true });
}
