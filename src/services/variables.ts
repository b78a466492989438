/** The variables of the workspace by their names. */
export type Variables = ReadonlyMap<string, unknown>;

/** This server keeps no variables yet. */
export const noVariables: Variables = new Map();
