const userAgentPattern = /^prefect\/(\d+\.\d+\.\d+(?:[a-z.+0-9]+)?) \(API \S+\)$/;
const versionPattern =
  /^(\d+(?:\.\d+)*)(?:[.]?(a|alpha|b|beta|c|rc)[.]?(\d*))?(?:\.?post(\d*))?(?:\.?dev(\d*))?(?:\+([a-z0-9]+(?:\.[a-z0-9]+)*))?$/;

/** Returns the version in a Prefect client's `User-Agent` (`prefect/3.8.8 (API 0.8.4)`), null for any other text. */
export const parseClientVersion = (userAgent: string | null): string | null =>
  userAgent === null ? null : (userAgentPattern.exec(userAgent)?.[1] ?? null);

const rank = (stage: string): number => (stage.startsWith("a") ? 0 : stage.startsWith("b") ? 1 : 2);

// A local part is newer than none; of its parts numbers are newer than texts, and a longer one than its beginning.
const localKey = (local: string | undefined): readonly (number | string)[] =>
  local === undefined ? [] : local.split(".").flatMap((part) => (/^\d+$/.test(part) ? [1, Number(part)] : [0, part]));

// PEP 440's order as one list: release, then dev < a < b < rc < none < post, then the local part.
function orderKey(version: string): readonly (number | string)[] | null {
  const found = versionPattern.exec(version);
  if (found === null) return null;
  const [, release = "", stage, stageNumber, post, dev, local] = found;
  const parts = release.split(".").map(Number);
  const padded = [0, 1, 2, 3, 4].map((i) => parts[i] ?? 0);
  const isBareDev = stage === undefined && post === undefined && dev !== undefined;
  return [
    ...padded,
    isBareDev ? -1 : stage === undefined ? 3 : rank(stage),
    Number(stageNumber ?? 0),
    post === undefined ? -1 : Number(post),
    dev === undefined ? Number.POSITIVE_INFINITY : Number(dev),
    ...localKey(local),
  ];
}

/** Tells whether a version is `least` or newer, in the order of Python's packages; false for a text that is no version. */
export function isAtLeast(version: string, least: string): boolean {
  const [a, b] = [orderKey(version), orderKey(least)];
  if (a === null || b === null) return false;
  for (const [i, part] of a.entries()) {
    const other = b[i];
    if (other === undefined) return true;
    if (part !== other) return part > other;
  }
  return a.length >= b.length;
}
