import { isJsonObject, type Json } from "../../lib/json.ts";
import { isUnpersisted, type State } from "../states.ts";
import type { Effect } from "./types.ts";

interface Owner {
  readonly flow_run_id: string | null;
  readonly task_run_id: string | null;
}

const filledOrNull = (value: Json): string | null => (typeof value === "string" && value !== "" ? value : null);

/**
 * Returns the state without the artifact's members in its data, and the effect that stores the data as an artifact; no effect for
 * a state without data or with an unpersisted result.
 */
export function extractResult(state: State, owner: Owner, newId: () => string): { state: State; effects: readonly Effect[] } {
  if (state.data === null || isUnpersisted(state.data)) return { state, effects: [] };
  const { key, type, description, data } = splitArtifact(state.data);
  const artifact = { id: newId(), key, type, description, data, ...owner };
  const latest = key === null ? null : { collection_id: newId(), event_id: newId() };
  return { state: { ...state, data }, effects: [{ kind: "store_result", artifact, latest }] };
}

function splitArtifact(data: Json) {
  if (!isJsonObject(data)) return { key: null, type: null, description: null, data };
  const { artifact_key, artifact_type, artifact_description, ...rest } = data;
  return {
    key: filledOrNull(artifact_key),
    type: filledOrNull(artifact_type),
    description: filledOrNull(artifact_description),
    data: rest,
  };
}
