import * as z from "zod";
import type { Deps } from "../deps.ts";
import { compileAutomationFilters } from "../filters/index.ts";
import { type ApiError, invalidRequest, invalidTemplate, missing, notFound, unprocessable } from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { maybeTemplate, parseTemplate } from "../lib/jinja/index.ts";
import type { Json } from "../lib/json.ts";
import { presentAutomation } from "../present/automations.ts";
import {
  automation,
  automationCount,
  automationCreate,
  automationList,
  automationPartialUpdate,
  automationUpdate,
} from "../schemas/automations/automations.ts";
import { automationBounds } from "../schemas/automations/bounds.ts";
import { byId } from "../schemas/common.ts";
import {
  type AutomationRefusal,
  type AutomationWritten,
  createAutomation,
  removeAutomation,
  replaceAutomation,
  setAutomationEnabled,
} from "../services/write-automation.ts";
import { countAutomations, listAutomations, listRelatedAutomations, readAutomation } from "../store/automations/read.ts";
import { deleteOwnedAutomations } from "../store/automations/write.ts";
import type { AutomationRow } from "../store/tables/automations.ts";

const tag = "Automations";
const absent = () => missing("Automation not found");
const byResource = z.object({ resource_id: z.string() });

function refused(refusal: AutomationRefusal, body: Json, verb: "creating" | "updating"): ApiError {
  switch (refusal.kind) {
    case "not_found":
      return absent();
    case "deployment_not_found":
      return notFound("Deployment not found.");
    case "template_block_missing":
      return notFound(refusal.reason);
    case "job_variables_invalid":
      return unprocessable(`Error ${verb} automation: ${refusal.reason}`);
    case "job_schema_invalid":
      return unprocessable(refusal.reason);
    case "invalid":
      return invalidRequest(
        refusal.faults.map(({ at, message }) => {
          const msg = `Value error, ${message}`;
          return { type: "value_error", loc: ["body", ...at], msg, input: null, ctx: { error: {} } };
        }),
        body,
      );
    default:
      return assertNever(refusal);
  }
}

const assertNever = (value: never): never => {
  throw new Error(`no answer for ${JSON.stringify(value)}`);
};

async function changed(writing: Promise<AutomationWritten>, body: Json): Promise<AutomationRow> {
  const written = await writing;
  if (written.kind !== "written") throw refused(written, body, "updating");
  return written.row;
}

const remove = async (deps: Deps, id: string): Promise<void> => {
  if (!(await removeAutomation(deps, id))) throw absent();
};

const validateTemplate = (path: string) =>
  operation({
    method: "POST",
    path,
    tag,
    scope: "see_automations",
    summary: "Validate Template",
    body: z.string().max(automationBounds.templates).default(""),
    bodyRequired: false,
    handle: ({ body: source }) => {
      const parsed = maybeTemplate(source) ? parseTemplate(source) : null;
      if (parsed?.ok === false) throw invalidTemplate({ line: parsed.line, message: parsed.message, source });
    },
  });

export const automationOperations = [
  operation({
    method: "POST",
    path: "/automations/",
    tag,
    scope: "manage_automations",
    audited: "automation",
    summary: "Create Automation",
    body: automationCreate,
    response: automation,
    status: 201,
    errors: [404],
    handle: async ({ body, deps }) => {
      const written = await createAutomation(deps, body);
      if (written.kind !== "written") throw refused(written, body, "creating");
      return presentAutomation(written.row);
    },
  }),
  operation({
    method: "POST",
    path: "/automations/filter",
    tag,
    scope: "see_automations",
    summary: "Read Automations",
    body: automationList,
    bodyRequired: false,
    response: z.array(automation),
    handle: async ({ body: { sort, limit, offset, ...filters }, deps }) =>
      (await listAutomations(deps.db, { where: compileAutomationFilters(filters), sort, limit, offset })).map(presentAutomation),
  }),
  operation({
    method: "POST",
    path: "/automations/count",
    tag,
    scope: "see_automations",
    summary: "Count Automations",
    body: automationCount,
    bodyRequired: false,
    response: z.number().int(),
    handle: ({ body, deps }) => countAutomations(deps.db, compileAutomationFilters(body)),
  }),
  operation({
    method: "GET",
    path: "/automations/{id}",
    tag,
    scope: "see_automations",
    summary: "Read Automation",
    params: byId,
    response: automation,
    handle: async ({ params, deps }) => {
      const row = await readAutomation(deps.db, params.id);
      if (row === null) throw absent();
      return presentAutomation(row);
    },
  }),
  operation({
    method: "PUT",
    path: "/automations/{id}",
    tag,
    scope: "manage_automations",
    audited: "automation",
    summary: "Update Automation",
    params: byId,
    body: automationUpdate,
    handle: async ({ params, body, deps }) => {
      await changed(replaceAutomation(deps, params.id, body), body);
    },
  }),
  operation({
    method: "PATCH",
    path: "/automations/{id}",
    tag,
    scope: "manage_automations",
    audited: "automation",
    summary: "Patch Automation",
    params: byId,
    body: automationPartialUpdate,
    handle: async ({ params, body, deps }) => {
      await changed(setAutomationEnabled(deps, params.id, body.enabled), body);
    },
  }),
  operation({
    method: "DELETE",
    path: "/automations/{id}",
    tag,
    scope: "manage_automations",
    audited: "automation",
    summary: "Delete Automation",
    params: byId,
    handle: ({ params, deps }) => remove(deps, params.id),
  }),
  operation({
    method: "GET",
    path: "/automations/related-to/{resource_id}",
    tag,
    scope: "see_automations",
    summary: "Read Automations Related To Resource",
    params: byResource,
    response: z.array(automation),
    handle: async ({ params, deps }) => (await listRelatedAutomations(deps.db, params.resource_id)).map(presentAutomation),
  }),
  operation({
    method: "DELETE",
    path: "/automations/owned-by/{resource_id}",
    tag,
    scope: "write_deployments",
    audited: "automation",
    summary: "Delete Automations Owned By Resource",
    params: byResource,
    response: z.null(),
    status: 202,
    handle: async ({ params, deps }) => {
      await deleteOwnedAutomations(deps.db, params.resource_id);
      return null;
    },
  }),
  validateTemplate("/templates/validate"),
  validateTemplate("/automations/templates/validate"),
];
