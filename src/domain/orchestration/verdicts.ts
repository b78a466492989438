import type { Micros } from "../../lib/time.ts";
import { makeState, type State, type StateProposal } from "../states.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Consequences, Verdict } from "./types.ts";

type Plain =
  | { readonly kind: "wait"; readonly delay_seconds: number; readonly reason: string }
  | { readonly kind: "abort"; readonly reason: string };

/** Accepts the transition, with consequences and optionally a changed state. */
export const accept = <C>(consequences: Consequences<C> & { readonly state?: State }): Verdict<C> => ({
  kind: "accept",
  ...consequences,
});

/** Accepts the transition under another state name. */
export const rename = (state: State, name: string): { readonly kind: "accept"; readonly state: State } => ({
  kind: "accept",
  state: { ...state, name },
});

/** Rejects the transition: the current state stays. */
export const keepCurrent = <C>(reason: string, consequences: Consequences<C> = {}): Verdict<C> => ({
  kind: "reject",
  state: null,
  reason,
  ...consequences,
});

/** Rejects the transition and writes another state instead. */
export const replaceWith = <C>(state: State, reason: string, consequences: Consequences<C> = {}): Verdict<C> => ({
  kind: "reject",
  state,
  reason,
  ...consequences,
});

/** Aborts the transition: the client gives up. */
export const abort = (reason: string): Plain => ({ kind: "abort", reason });

/** Delays the transition by whole seconds. */
export const wait = (delay_seconds: number, reason: string): Plain => ({ kind: "wait", delay_seconds, reason });

/** Returns the state of a proposal, dated now. */
export const makeNow = ({ newId, now }: Surroundings, proposal: StateProposal): State =>
  makeState(proposal, { id: newId(), timestamp: now });

const second = 1_000_000;

/** Returns the time this many seconds from now. */
export const secondsFrom = (now: Micros, seconds: number): Micros => now + Math.round(seconds * second);
