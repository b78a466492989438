import { isAtLeast } from "../client-version.ts";
import type { FlowRunContext } from "./types.ts";

/** Tells whether pause marks count: not for clients of an API before 0.8.4, which knows no pauses. */
export const regardsPauses = ({ api_version }: Pick<FlowRunContext, "api_version">): boolean =>
  api_version === null || isAtLeast(api_version, "0.8.4");

/** The verb of a pause in the texts for people. */
export const pauseVerb = (stateName: string): "pause" | "suspend" => (stateName === "Suspended" ? "suspend" : "pause");
