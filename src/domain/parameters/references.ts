import type { BlockData } from "./job-templates.ts";

/** The values of variables of the workspace by their names. */
export type Variables = ReadonlyMap<string, unknown>;

/** Which variables parameters need: those of these names, or all, where a name depends on another variable's value. */
export interface WantedVariables {
  readonly names: readonly string[];
  readonly all: boolean;
}

/** What parameters and job variables may refer to: loaded with the other facts of a decision. */
export interface References {
  readonly variables: Variables;
  readonly blocks: BlockData;
}

/** Returns what several parameters want together. */
export const wantedTogether = (wanted: readonly WantedVariables[]): WantedVariables => ({
  names: [...new Set(wanted.flatMap(({ names }) => names))],
  all: wanted.some(({ all }) => all),
});
