/** Returns a function with a cache of its results for the most recently used keys, at most so many. */
export function leastRecentlyUsed<Key, Source, Value>(
  most: number,
  keyOf: (source: Source) => Key,
  make: (source: Source) => Value,
): (source: Source) => Value {
  const kept = new Map<Key, { readonly value: Value }>();
  let last: { readonly source: Source; readonly value: Value } | undefined;
  return (source) => {
    if (last?.source === source) return last.value;
    const key = keyOf(source);
    const entry = kept.get(key) ?? { value: make(source) };
    kept.delete(key);
    kept.set(key, entry);
    for (const oldest of kept.keys()) {
      if (kept.size <= most) break;
      kept.delete(oldest);
    }
    last = { source, value: entry.value };
    return entry.value;
  };
}
