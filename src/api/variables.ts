import * as z from "zod";
import type { Deps } from "../deps.ts";
import { compileVariableFilters } from "../filters/index.ts";
import { conflict, found, notFound } from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { presentVariable } from "../present/variables.ts";
import { byId } from "../schemas/common.ts";
import {
  type VariableUpdate,
  variable,
  variableCount,
  variableCreate,
  variableList,
  variableUpdate,
} from "../schemas/variables.ts";
import { countVariables, listVariables, readVariable } from "../store/variables/read.ts";
import type { VariableKey } from "../store/variables/rows.ts";
import { createVariable, deleteVariable, updateVariable } from "../store/variables/write.ts";

const tag = "Variables";
const absent = "Variable not found.";
const byName = z.object({ name: z.string() });

const nameTaken = (name: string | null | undefined) => conflict(`A variable with the name '${name}' already exists.`);
const stampOf = (deps: Deps) => ({ now: deps.now(), eventId: deps.newId() });

async function change(deps: Deps, key: VariableKey, update: VariableUpdate): Promise<void> {
  const outcome = await updateVariable(deps.db, key, update, stampOf(deps));
  if (outcome.kind === "not_found") throw notFound(absent);
  if (outcome.kind === "name_taken") throw nameTaken(update.name);
}

export const variableOperations = [
  operation({
    method: "POST",
    path: "/variables/",
    tag,
    scope: "manage_variables",
    audited: "variable",
    summary: "Create Variable",
    body: variableCreate,
    response: variable,
    status: 201,
    errors: [409],
    handle: async ({ body, deps }) => {
      const id = deps.newId();
      deps.db.about({ id, name: body.name });
      const made = await createVariable(deps.db, id, body, stampOf(deps));
      if (made.kind === "name_taken") throw nameTaken(body.name);
      return presentVariable(made.row);
    },
  }),
  operation({
    method: "POST",
    path: "/variables/filter",
    tag,
    scope: "see_variables",
    summary: "Read Variables",
    body: variableList,
    bodyRequired: false,
    response: z.array(variable),
    handle: async ({ body: { sort, limit, offset, ...filters }, deps }) =>
      (await listVariables(deps.db, { where: compileVariableFilters(filters), sort, limit, offset })).map(presentVariable),
  }),
  operation({
    method: "POST",
    path: "/variables/count",
    tag,
    scope: "see_variables",
    summary: "Count Variables",
    body: variableCount,
    bodyRequired: false,
    response: z.number().int(),
    handle: ({ body, deps }) => countVariables(deps.db, compileVariableFilters(body)),
  }),
  operation({
    method: "GET",
    path: "/variables/{id}",
    tag,
    scope: "see_variables",
    summary: "Read Variable",
    params: byId,
    response: variable,
    handle: async ({ params, deps }) => presentVariable(found(await readVariable(deps.db, params), absent)),
  }),
  operation({
    method: "PATCH",
    path: "/variables/{id}",
    tag,
    scope: "manage_variables",
    audited: "variable",
    summary: "Update Variable",
    params: byId,
    body: variableUpdate,
    errors: [409],
    handle: ({ params, body, deps }) => change(deps, params, body),
  }),
  operation({
    method: "DELETE",
    path: "/variables/{id}",
    tag,
    scope: "manage_variables",
    audited: "variable",
    summary: "Delete Variable",
    params: byId,
    handle: async ({ params, deps }) => {
      if (!(await deleteVariable(deps.db, params, stampOf(deps)))) throw notFound(absent);
    },
  }),
  operation({
    method: "GET",
    path: "/variables/name/{name}",
    tag,
    scope: "see_variables",
    summary: "Read Variable By Name",
    params: byName,
    response: variable,
    errors: [404],
    handle: async ({ params, deps }) => presentVariable(found(await readVariable(deps.db, params), absent)),
  }),
  operation({
    method: "PATCH",
    path: "/variables/name/{name}",
    tag,
    scope: "manage_variables",
    audited: "variable",
    summary: "Update Variable By Name",
    params: byName,
    body: variableUpdate,
    errors: [404, 409],
    handle: ({ params, body, deps }) => change(deps, params, body),
  }),
  operation({
    method: "DELETE",
    path: "/variables/name/{name}",
    tag,
    scope: "manage_variables",
    audited: "variable",
    summary: "Delete Variable By Name",
    params: byName,
    errors: [404],
    handle: async ({ params, deps }) => {
      if (!(await deleteVariable(deps.db, params, stampOf(deps)))) throw notFound(absent);
    },
  }),
];
