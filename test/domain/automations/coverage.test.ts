import { describe, expect, it } from "vitest";
import { covers, expects, nameKeys, resourceKeys, startsAfter } from "../../../src/domain/automations/coverage.ts";
import { matchesGlob } from "../../../src/domain/automations/globs.ts";
import { bucketKey, triggeringLabels } from "../../../src/domain/automations/keys.ts";
import type { Labels } from "../../../src/domain/events/event.ts";
import type { EventTrigger } from "../../../src/schemas/automations/triggers.ts";
import { eventOf, on } from "../../support/evaluation.ts";

describe("the names that a trigger covers", () => {
  it.each([
    [["it.began"], "it.began", true],
    [["it.began"], "it.ended", false],
    [["it.began"], "it.began.again", false],
    [["it.began", "it.ended"], "it.ended", true],
    [["IT.BEGAN"], "it.began", false],
    [[], "anything", true],
    [["*"], "anything", true],
    [["it.*"], "it.began", true],
    [["it.*"], "it.began.again", true],
    [["it.*"], "it.", false],
    [["it.*"], "it", false],
    [["it.*ed"], "it.ended", true],
    [["it.*ed"], "it.ed", false],
    [["*.began"], "it.began", true],
    [["!it.began"], "it.ended", false],
    [["it.bega?"], "it.began", false],
    [["it.b[ae]gan"], "it.began", false],
  ] as const)("of %j and %s: %s", (patterns, name, isCovered) => {
    expect(covers(on(patterns), eventOf(name))).toBe(isCovered);
    expect(covers(on(["never"], { after: [...patterns] }), eventOf(name))).toBe(patterns.length > 0 && isCovered);
  });

  it("are all where nothing is expected, whatever opens a window", () => {
    const trigger = on([], { after: ["it.began"] });
    expect(covers(trigger, eventOf("other"))).toBe(true);
    expect([startsAfter(trigger, "other"), startsAfter(trigger, "it.began")]).toEqual([false, true]);
    expect(expects(trigger, "other")).toBe(true);
  });

  it("open no window without `after`", () => {
    expect(startsAfter(on(["it.began"]), "it.began")).toBe(false);
  });
});

type Specification = EventTrigger["match"];

describe("the labels of a resource", () => {
  const red = { "prefect.resource.id": "thing.1", color: "red", empty: "" };
  it.each<[Specification, boolean]>([
    [{}, true],
    [{ "prefect.resource.id": "thing.1" }, true],
    [{ "prefect.resource.id": ["thing.2", "thing.1"] }, true],
    [{ "prefect.resource.id": "thing.*" }, true],
    [{ "prefect.resource.id": "THING.*" }, false],
    [{ "prefect.resource.id": "thing.[12]", color: "r?d" }, true],
    [{ "prefect.resource.id": "thing.*", color: "blue" }, false],
    [{ color: "!blue" }, true],
    [{ color: "!red" }, false],
    [{ color: ["!red", "!blue"] }, true],
    [{ color: [] }, false],
    [{ size: "*" }, false],
    [{ size: "!x" }, false],
    [{ empty: "*" }, true],
    [{ toString: "*" }, false],
  ])("fit %j: %s", (match, isFitting) => {
    expect(covers(on([], { match }), eventOf("any", { resource: red }))).toBe(isFitting);
  });

  const team = (color: string): Labels => ({ "prefect.resource.id": `team.${color}`, "prefect.resource.role": "team", color });
  it.each<[EventTrigger["match_related"], Labels[], boolean]>([
    [{}, [], true],
    [[], [], true],
    [{ color: "red" }, [], false],
    [{ "prefect.resource.role": "team", color: "blue" }, [team("red"), team("blue")], true],
    [{ "prefect.resource.id": "team.red", color: "blue" }, [team("red"), team("blue")], false],
    [[{ color: "red" }, { color: "blue" }], [team("red"), team("blue")], true],
    [[{ color: "red" }, { color: "blue" }], [team("red")], false],
    [{ "prefect.resource.id": "!team.red" }, [team("red")], false],
    [{ "prefect.resource.id": "!team.red" }, [team("red"), team("blue")], true],
  ])("of related resources fit %j in %j: %s", (match_related, related, isFitting) => {
    expect(covers(on([], { match_related }), eventOf("any", { related }))).toBe(isFitting);
  });
});

describe("a glob", () => {
  it.each([
    ["[]]", "]", true],
    ["[!a]", "b", true],
    ["[!a]", "a", false],
    ["[a-c]x", "bx", true],
    ["[a", "[a", true],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-c-b", false],
    ["**", "", true],
  ])("%s fits %s: %s", (pattern, text, isFitting) => {
    expect(matchesGlob(pattern, text)).toBe(isFitting);
  });

  it("takes a time that grows with the product of the lengths at most", () => {
    const start = performance.now();
    expect(matchesGlob(`${"*a".repeat(500)}*b`, "a".repeat(20_000))).toBe(false);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe("what a trigger is found by", () => {
  it("are its names, the beginnings of its patterns, or everything", () => {
    expect(nameKeys(on(["a", "b.*"], { after: ["c?d", "a"] }))).toEqual([
      { name: "a", isWild: false },
      { name: "b.", isWild: true },
      { name: "c", isWild: true },
    ]);
    expect(nameKeys(on([], { after: ["a"] }))).toEqual([{ name: "", isWild: true }]);
  });

  it.each<[Specification, EventTrigger["match_related"], string[] | null]>([
    [{}, {}, null],
    [{ "prefect.resource.id": "thing.1" }, {}, ["thing.1"]],
    [{ "prefect.resource.id": ["a", "b", "a"] }, {}, ["a", "b"]],
    [{ "prefect.resource.id": [] }, {}, []],
    [{ "prefect.resource.id": ["a", "b*"] }, {}, null],
    [{ "prefect.resource.id": "!a" }, {}, null],
    [{ color: "red" }, { "prefect.resource.id": "flow.1" }, ["flow.1"]],
    [{ color: "red" }, [{ color: "red" }, { "prefect.resource.id": "flow.1" }], ["flow.1"]],
  ])("of %j and %j are the resources %j", (match, match_related, ids) => {
    expect(resourceKeys(on([], { match, match_related }))).toEqual(ids);
  });
});

describe("the key of a bucket", () => {
  const event = eventOf("it", {
    resource: { "prefect.resource.id": "thing.1", color: "red" },
    related: [
      { "prefect.resource.id": "team.1", "prefect.resource.role": "team" },
      { "prefect.resource.id": "team.2", "prefect.resource.role": "team", size: "2" },
    ],
  });
  it.each([
    [[], {}],
    [["color"], { color: "red" }],
    [["size", "color"], { color: "red", size: "" }],
    [["related:team:prefect.resource.id"], { "related:team:prefect.resource.id": "team.1" }],
    [["related:team:size"], { "related:team:size": "" }],
    [["related:flow:prefect.resource.id"], { "related:flow:prefect.resource.id": "" }],
  ] as const)("for each %j has the labels %j", (for_each, labels) => {
    const trigger = on([], { for_each: [...for_each] });
    expect(triggeringLabels(trigger, bucketKey(trigger, event))).toEqual(labels);
  });
});
