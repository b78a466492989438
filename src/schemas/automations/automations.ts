import * as z from "zod";
import { boolean, optional, tags, uuid, wireTime } from "../common.ts";
import { automationFilter } from "../filters/automations.ts";
import { countBody, listBody, withDefault } from "../filters/bodies.ts";
import { list } from "../lists.ts";
import { type Action, action } from "./actions.ts";
import { automationBounds, isWithin } from "./bounds.ts";
import { type Trigger, trigger } from "./triggers.ts";

/** An automation as in responses; times are in the wire form. */
export interface Automation {
  readonly id: string;
  readonly created: string;
  readonly updated: string;
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly tags: string[];
  readonly trigger: Trigger;
  readonly actions: Action[];
  readonly actions_on_trigger: Action[];
  readonly actions_on_resolve: Action[];
}

const actions = list(action, automationBounds.actions);
const required = { name: z.string(), trigger, actions };
const isNotTooLarge = isWithin(automationBounds.automation);
const tooLarge = { message: `Value error, An automation has at most ${automationBounds.automation} characters` };

export const automation = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    ...required,
    description: z.string(),
    enabled: z.boolean(),
    tags: tags(),
    actions_on_trigger: actions,
    actions_on_resolve: actions,
  })
  .register(z.globalRegistry, { id: "Automation" });

export const automationCreate = z
  .strictObject({
    ...required,
    description: z.string().default(""),
    enabled: boolean().default(true),
    tags: tags().default([]),
    actions_on_trigger: actions.default([]),
    actions_on_resolve: actions.default([]),
    owner_resource: z.string().nullable().default(null),
  })
  .refine(isNotTooLarge, tooLarge)
  .register(z.globalRegistry, { id: "AutomationCreate" });
export type AutomationCreate = z.output<typeof automationCreate>;

/** What is not sent keeps its value. */
export const automationUpdate = z
  .strictObject({
    ...required,
    description: z.string().optional(),
    enabled: boolean().optional(),
    tags: tags().optional(),
    actions_on_trigger: actions.optional(),
    actions_on_resolve: actions.optional(),
  })
  .refine(isNotTooLarge, tooLarge)
  .register(z.globalRegistry, { id: "AutomationUpdate" });
export type AutomationUpdate = z.output<typeof automationUpdate>;

export const automationPartialUpdate = z
  .strictObject({ enabled: boolean().optional() })
  .register(z.globalRegistry, { id: "AutomationPartialUpdate" });
export type AutomationPartialUpdate = z.output<typeof automationPartialUpdate>;

const automationSort = z
  .enum(["CREATED_DESC", "UPDATED_DESC", "NAME_ASC", "NAME_DESC"])
  .register(z.globalRegistry, { id: "AutomationSort" });
export type AutomationSort = z.output<typeof automationSort>;

const filters = { automations: optional(automationFilter) };
export const automationList = listBody({ ...filters, sort: withDefault(automationSort, "NAME_ASC") });
export const automationCount = countBody(filters);
