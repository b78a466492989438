/** Returns the names of the limits on these tags, without duplicates. */
export const tagLimitNames = (tags: readonly string[]): readonly string[] => [...new Set(tags)].map((tag) => `tag:${tag}`);
