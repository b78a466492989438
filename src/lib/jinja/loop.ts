import { Callable, Host, Undefined, type Value } from "./values.ts";

/** Returns the `loop` variable of one iteration. */
export function loopObject(items: readonly Value[], index: number, changed: Callable): Host {
  const none = (which: string): Undefined => new Undefined(`there is no ${which} item`);
  const members: Record<string, Value> = {
    index: index + 1,
    index0: index,
    revindex: items.length - index,
    revindex0: items.length - index - 1,
    first: index === 0,
    last: index === items.length - 1,
    length: items.length,
    depth: 1,
    depth0: 0,
    previtem: index === 0 ? none("previous") : (items[index - 1] ?? null),
    nextitem: index === items.length - 1 ? none("next") : (items[index + 1] ?? null),
    cycle: new Callable("cycle", ({ positional }) => positional[index % Math.max(positional.length, 1)] ?? null),
    changed,
  };
  return new Host({
    typeName: "LoopContext",
    text: `<LoopContext ${index + 1}/${items.length}>`,
    attribute: (name) => (Object.hasOwn(members, name) ? members[name] : undefined),
  });
}
