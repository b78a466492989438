import * as z from "zod";
import { type Json, stringifyJson } from "../lib/json.ts";
import { json, optional, tags, uuid, wireTime } from "./common.ts";
import { countBody, listBody, withDefault } from "./filters/bodies.ts";
import { variableFilter } from "./filters/variables.ts";

/** The longest value in bytes of compact JSON (`prefect/types/__init__.py MAX_VARIABLE_VALUE_LENGTH`). */
const longestValue = 5000;
const longestName = 255;

const variableName = () =>
  z
    .string()
    .regex(/^[a-z0-9_-]*\n?$/, {
      message: "Value error, Variable name must only contain lowercase letters, numbers, and dashes or underscores.",
      abort: true,
    })
    .superRefine(({ length }, context) => {
      if (length <= longestName) return;
      const ctx = { field_type: "Value", max_length: longestName, actual_length: length };
      const message = `Value should have at most ${longestName} items after validation, not ${length}`;
      context.addIssue({ code: "custom", message, params: { type: "too_long", ctx } });
    })
    .meta({ maxLength: longestName });

const fits = (value: Json): boolean => value === null || new TextEncoder().encode(stringifyJson(value)).length <= longestValue;

const variableValue = () =>
  json().refine(fits, { message: `Value error, Variable value must be less than ${longestValue} characters` });

export const variable = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    name: z.string(),
    value: json(),
    tags: tags(),
  })
  .register(z.globalRegistry, { id: "Variable" });
export type Variable = z.input<typeof variable>;

export const variableCreate = z
  .strictObject({ name: variableName(), value: variableValue(), tags: tags().default([]) })
  .register(z.globalRegistry, { id: "VariableCreate" });
export type VariableCreate = z.output<typeof variableCreate>;

export const variableUpdate = z
  .strictObject({
    name: variableName().nullable().optional(),
    value: variableValue().optional(),
    tags: tags().nullable().optional(),
  })
  .register(z.globalRegistry, { id: "VariableUpdate" });
export type VariableUpdate = z.output<typeof variableUpdate>;

export const variableSort = z
  .enum(["CREATED_DESC", "UPDATED_DESC", "NAME_DESC", "NAME_ASC"])
  .register(z.globalRegistry, { id: "VariableSort" });
export type VariableSort = z.output<typeof variableSort>;

const filters = { variables: optional(variableFilter) };
export const variableList = listBody({ ...filters, sort: withDefault(variableSort, "NAME_ASC") });
export const variableCount = countBody(filters);
