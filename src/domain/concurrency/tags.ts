/** The prefix of the names of limits on tags. */
export const tagPrefix = "tag:";

/** Returns the name of the global limit that limits a tag. */
export const nameOfTag = (tag: string): string => `${tagPrefix}${tag}`;

/** Returns the tag that a global limit of this name limits. */
export const tagOf = (name: string): string => name.slice(tagPrefix.length);
