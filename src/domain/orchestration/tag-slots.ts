/** Returns the names of the limits on tags, each once. */
export const tagLimitNames = (tags: readonly string[]): readonly string[] => [...new Set(tags)].map((tag) => `tag:${tag}`);
