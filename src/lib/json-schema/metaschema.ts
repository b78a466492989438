// The meta-schema of JSON Schema 2020-12 as one document: its vocabularies refer to each other by plain references, since no
// checked schema extends it. The order of vocabularies and keywords decides which fault is reported.

const any = { $ref: "#" };
const byName = { type: "object", additionalProperties: any };
const schemas = { $ref: "#/$defs/schemaArray" };
const texts = { $ref: "#/$defs/stringArray" };
const count = { $ref: "#/$defs/nonNegativeInteger" };
const anchor = { $ref: "#/$defs/anchorString" };
const text = { type: "string" };
const number = { type: "number" };
const flag = { type: "boolean" };
const typeName = { $ref: "#/$defs/simpleTypes" };

const vocabulary = (properties: object): object => ({ type: ["object", "boolean"], properties });

/** The meta-schema that every schema has to match. */
export const METASCHEMA = {
  allOf: [
    vocabulary({
      $id: { ...text, pattern: "^[^#]*#?$" },
      $schema: text,
      $ref: text,
      $anchor: anchor,
      $dynamicRef: text,
      $dynamicAnchor: anchor,
      $vocabulary: { type: "object", propertyNames: text, additionalProperties: flag },
      $comment: text,
      $defs: byName,
    }),
    vocabulary({
      prefixItems: schemas,
      items: any,
      contains: any,
      additionalProperties: any,
      properties: byName,
      patternProperties: { ...byName, propertyNames: { format: "regex" } },
      dependentSchemas: byName,
      propertyNames: any,
      if: any,
      // biome-ignore lint/suspicious/noThenProperty: it is the keyword's name
      then: any,
      else: any,
      allOf: schemas,
      anyOf: schemas,
      oneOf: schemas,
      not: any,
    }),
    vocabulary({ unevaluatedItems: any, unevaluatedProperties: any }),
    vocabulary({
      type: { anyOf: [typeName, { type: "array", items: typeName, minItems: 1, uniqueItems: true }] },
      enum: { type: "array" },
      multipleOf: { ...number, exclusiveMinimum: 0 },
      maximum: number,
      exclusiveMaximum: number,
      minimum: number,
      exclusiveMinimum: number,
      maxLength: count,
      minLength: count,
      pattern: { ...text, format: "regex" },
      maxItems: count,
      minItems: count,
      uniqueItems: flag,
      maxContains: count,
      minContains: count,
      maxProperties: count,
      minProperties: count,
      required: texts,
      dependentRequired: { type: "object", additionalProperties: texts },
    }),
    vocabulary({
      title: text,
      description: text,
      deprecated: flag,
      readOnly: flag,
      writeOnly: flag,
      examples: { type: "array" },
    }),
    vocabulary({ format: text }),
    vocabulary({ contentEncoding: text, contentMediaType: text, contentSchema: any }),
  ],
  type: ["object", "boolean"],
  properties: {
    definitions: byName,
    dependencies: { type: "object", additionalProperties: { anyOf: [any, texts] } },
    $recursiveAnchor: anchor,
    $recursiveRef: text,
  },
  $defs: {
    schemaArray: { type: "array", minItems: 1, items: any },
    anchorString: { ...text, pattern: "^[A-Za-z_][-A-Za-z0-9._]*$" },
    nonNegativeInteger: { type: "integer", minimum: 0 },
    simpleTypes: { enum: ["array", "boolean", "integer", "null", "number", "object", "string"] },
    stringArray: { type: "array", items: text, uniqueItems: true },
  },
};
