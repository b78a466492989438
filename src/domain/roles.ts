import { type Role, roles } from "../schemas/api-keys.ts";
import type { Scope } from "./principal.ts";

/** What each role may do beyond the one before it. */
const added: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: [
    "see_server",
    "see_flows",
    "see_flow_runs",
    "see_logs",
    "see_events",
    "see_deployments",
    "see_work_pools",
    "see_concurrency_limits",
    "see_blocks",
    "see_variables",
    "see_artifacts",
    "see_saved_searches",
    "see_automations",
  ],
  // A script that runs flows, or triggers deployments: a run reports states, logs, events and artifacts, and loads blocks.
  runner: [
    "run_flows",
    "run_deployments",
    "write_logs",
    "write_events",
    "write_artifacts",
    "take_concurrency_slots",
    "see_secrets",
  ],
  // A worker creates its pool and writes its template (`prefect/workers`), a served flow its deployment (`prefect/deployments/runner.py`).
  worker: ["run_workers", "write_work_pools", "write_deployments"],
  developer: [
    "manage_flows",
    "manage_flow_runs",
    "manage_deployments",
    "manage_work_pools",
    "manage_concurrency_limits",
    "manage_blocks",
    "manage_variables",
    "manage_artifacts",
    "manage_saved_searches",
    "manage_automations",
  ],
  owner: ["manage_server", "see_audit", "see_keys", "manage_keys"],
};

const cumulative = (role: Role): ReadonlySet<Scope> =>
  new Set(roles.slice(0, roles.indexOf(role) + 1).flatMap((one) => added[one]));

const scopesByRole: Readonly<Record<Role, ReadonlySet<Scope>>> = {
  viewer: cumulative("viewer"),
  runner: cumulative("runner"),
  worker: cumulative("worker"),
  developer: cumulative("developer"),
  owner: cumulative("owner"),
};

/** Returns what a role may do. */
export const scopesOf = (role: Role): ReadonlySet<Scope> => scopesByRole[role];

/** Returns the role of this name, null for another text. */
export const roleNamed = (text: string): Role | null => roles.find((role) => role === text) ?? null;
