import { isAtLeast } from "../client-version.ts";
import type { FlowRunContext } from "./types.ts";

/** Returns whether the client's API version supports pauses (0.8.4 and later); an unknown version does. */
export const supportsPauses = ({ api_version }: Pick<FlowRunContext, "api_version">): boolean =>
  api_version === null || isAtLeast(api_version, "0.8.4");

/** The verb for a pause in messages. */
export const pauseVerb = (stateName: string): "pause" | "suspend" => (stateName === "Suspended" ? "suspend" : "pause");
