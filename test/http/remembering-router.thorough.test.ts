import type { Result } from "hono/router";
import { TrieRouter } from "hono/router/trie-router";
import { describe, expect, it } from "vitest";
import { operations } from "../../src/app.ts";
import { routesOf } from "../../src/http/paths.ts";
import { RememberingRouter } from "../../src/http/remembering-router.ts";
import { randomOf } from "../support/random.ts";

const routes = routesOf(operations, "/api");

function routers() {
  const remembering = new RememberingRouter<string>();
  const plain = new TrieRouter<string>();
  for (const router of [remembering, plain]) {
    router.add("ALL", "*", "front");
    for (const { operation, path } of routes) router.add(operation.method, path, `${operation.method} ${operation.path}`);
  }
  return { remembering, plain };
}

const told = ([handlers]: Result<string>) => handlers.map(([handler, params]) => [handler, { ...params }]);

describe("the router that remembers", () => {
  it("finds what Hono's finds, with the parameters of this path, however often and in whatever order it is asked", () => {
    const { remembering, plain } = routers();
    const { one, chance } = randomOf(7);
    const hex = (length: number) => Array.from({ length }, () => one([..."0123456789abcdefABCDEF"])).join("");
    const uuid = () => [8, 4, 4, 4, 12].map(hex).join("-");
    const odd = () =>
      one([
        "name",
        uuid().replaceAll("-", ""),
        `x${uuid()}`,
        `${uuid()}0`,
        `${uuid()}${uuid()}`,
        "\0",
        `\0${uuid()}`,
        "*",
        ":id",
        "",
      ]);
    let withParameters = 0;
    for (let i = 0; i < 30_000; i++) {
      const { operation } = one(routes);
      const same = uuid();
      const value = () => (chance(0.1) ? odd() : chance(0.2) ? same : uuid());
      const path = `/api${operation.path.replace(/\{\w+\}/g, value)}${chance(0.05) ? one(["/", "/x", `/${uuid()}`]) : ""}`;
      const method = chance(0.1) ? one(["GET", "POST", "PATCH", "DELETE", "PUT"]) : operation.method;
      const found = told(remembering.match(method, path));
      expect(found, `${method} ${path}`).toEqual(told(plain.match(method, path)));
      withParameters += Number(found.some(([, params]) => Object.keys(params ?? {}).length > 0));
    }
    expect(withParameters).toBeGreaterThan(5_000);
  });

  it("finds the same when it was asked for more forms than it remembers", () => {
    const { remembering, plain } = routers();
    for (let i = 0; i < 3_000; i++) {
      for (const path of [`/api/unknown/${i}`, `/api/flows/name/${i}`])
        expect(told(remembering.match("GET", path))).toEqual(told(plain.match("GET", path)));
    }
  });
});
