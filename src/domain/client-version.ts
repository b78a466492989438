import { ge, valid } from "@renovatebot/pep440";

const userAgentPattern = /^prefect\/(\d+\.\d+\.\d+(?:[a-z.+0-9]+)?) \(API \S+\)$/;

/** Returns the version in a Prefect client's `User-Agent` (`prefect/3.8.8 (API 0.8.4)`), null for any other text. */
export const parseClientVersion = (userAgent: string | null): string | null =>
  userAgent === null ? null : (userAgentPattern.exec(userAgent)?.[1] ?? null);

/** Returns whether a version is `least` or newer, in the order of Python's packages (PEP 440); false for a text that is no version. */
export const isAtLeast = (version: string, least: string): boolean =>
  valid(version) !== null && valid(least) !== null && ge(version, least);
