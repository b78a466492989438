// Builders for base job templates: the schemas of their variables, and the members of the job configuration that refer to them.

export type JsonSchema = { [keyword: string]: unknown };
export type BaseJobTemplate = {
  job_configuration: Record<string, unknown>;
  variables: {
    type: "object";
    properties: Record<string, JsonSchema>;
    required?: string[];
    definitions?: Record<string, JsonSchema>;
  };
};

type More = { [keyword: string]: unknown };

const typed =
  (type: string) =>
  (title: string, description: string, more: More = {}): JsonSchema => ({ title, description, type, ...more });

export const text = typed("string");
export const integer = typed("integer");
export const number = typed("number");
export const flag = typed("boolean");
export const object = typed("object");

/** A list of strings. */
export const texts = (title: string, description: string, more: More = {}): JsonSchema => ({
  title,
  description,
  type: "array",
  items: { type: "string" },
  ...more,
});

/** An object of strings. */
export const textMap = (title: string, description: string): JsonSchema => ({
  title,
  description,
  type: "object",
  additionalProperties: { type: "string" },
});

/** A string that forms mask. */
export const secret = (title: string, description: string): JsonSchema =>
  text(title, description, { writeOnly: true, format: "password" });

/** A variable whose schema is one of the template's definitions. */
export const defined = (title: string, description: string, definition: string): JsonSchema => ({
  title,
  description,
  allOf: [{ $ref: `#/definitions/${definition}` }],
});

/** A definition whose value may be a reference to a block document. */
export const block = (
  title: string,
  slug: string,
  properties: Record<string, JsonSchema>,
  secrets: string[],
  required?: string[],
): JsonSchema => ({
  title,
  type: "object",
  properties,
  ...(required === undefined ? {} : { required }),
  block_type_slug: slug,
  secret_fields: secrets,
  block_schema_references: {},
});

/** The variables of every worker type. */
export const common: Record<string, JsonSchema> = {
  name: text("Name", "The name of the infrastructure that is made for a flow run."),
  env: textMap("Environment Variables", "Environment variables for the flow run."),
  labels: textMap("Labels", "Labels for the infrastructure of the flow run."),
  command: text("Command", "The command that starts the flow run. Left empty, the worker chooses it."),
};

/** Returns job configuration members that each take the variable of the same name. */
export const passOn = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, `{{ ${name} }}`]));

export const commonNames = ["command", "env", "labels", "name"];
