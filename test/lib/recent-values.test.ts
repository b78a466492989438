import { describe, expect, it } from "vitest";
import { recentValues } from "../../src/lib/recent-values.ts";

describe("a cache of recent values", () => {
  it("returns a value until it is too old, and from its renewal on as long again", () => {
    const recent = recentValues<string>({ capacity: 100, lifetime: 30 });
    recent.put("a", "value", 5, 0);
    expect([recent.get("a", 29), recent.get("a", 30), recent.get("b", 0)]).toEqual(["value", null, null]);
    recent.renew("a", 29);
    recent.renew("b", 29);
    expect([recent.get("a", 58), recent.get("a", 59), recent.get("b", 29)]).toEqual(["value", null, null]);
    recent.remove("a");
    expect(recent.get("a", 29)).toBeNull();
  });

  it("never holds more than its capacity: what was stored or renewed first goes first, and a large value is not kept", () => {
    const recent = recentValues<number>({ capacity: 100, lifetime: 30 });
    for (let i = 0; i < 10; i++) recent.put(`${i}`, i, 10, 0);
    recent.renew("0", 0);
    recent.put("9", 99, 10, 0);
    recent.put("10", 10, 10, 0);
    const kept = Array.from({ length: 11 }, (_, i) => recent.get(`${i}`, 0));
    expect(kept).toEqual([0, null, 2, 3, 4, 5, 6, 7, 8, 99, 10]);
    recent.put("0", 1, 11, 0);
    expect(recent.get("0", 0)).toBeNull();
  });
});
