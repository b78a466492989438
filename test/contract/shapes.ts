/** What a test compares of an OpenAPI description: operations, parameters, property names and types. */
export interface Shapes {
  readonly operations: Record<string, OperationShape>;
  readonly schemas: Record<string, Shape>;
}

export interface OperationShape {
  readonly parameters: string[];
  /** All statuses that are described; the fixtures are without them, as the references describe few of theirs. */
  readonly statuses?: number[];
  readonly body?: Shape;
  readonly response?: Shape;
}

/** A type: primitives as text (`string:uuid`), the rest as lists of alternatives. Null is left out. */
export type Shape = (string | { ref: string } | { list: Shape } | { members: Record<string, Shape> } | { map: Shape })[];

type Node = Record<string, unknown>;
const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);
const nodes = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);

function shapeOf(schema: unknown): Shape {
  if (!isNode(schema)) return [];
  if (typeof schema.$ref === "string") return [{ ref: schema.$ref.split("/").at(-1) ?? "" }];
  const alternatives = [...nodes(schema.anyOf), ...nodes(schema.oneOf), ...nodes(schema.allOf)];
  if (alternatives.length > 0) return alternatives.flatMap(shapeOf);
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  return types.flatMap((type): Shape => {
    if (type === "null" || type === undefined) return isNode(schema.properties) ? [membersOf(schema)] : [];
    if (type === "array") return [{ list: [...shapeOf(schema.items), ...nodes(schema.prefixItems).flatMap(shapeOf)] }];
    if (type === "object") {
      if (isNode(schema.properties)) return [membersOf(schema)];
      return [{ map: shapeOf(schema.additionalProperties) }];
    }
    const format = ["uuid", "date-time"].includes(String(schema.format)) ? `:${schema.format}` : "";
    return [`${type}${format}`];
  });
}

const membersOf = (schema: Node) => ({
  members: Object.fromEntries(
    Object.entries(isNode(schema.properties) ? schema.properties : {}).map(([name, value]) => [name, shapeOf(value)]),
  ),
});

const content = (part: unknown): unknown => {
  const json = isNode(part) && isNode(part.content) ? part.content["application/json"] : undefined;
  return isNode(json) ? json.schema : undefined;
};

/** Returns the shapes of an OpenAPI description. */
export function shapesOf(document: unknown): Shapes {
  const operations: Shapes["operations"] = {};
  const root = isNode(document) ? document : {};
  for (const [path, methods] of Object.entries(isNode(root.paths) ? root.paths : {})) {
    for (const [method, described] of Object.entries(isNode(methods) ? methods : {})) {
      if (!isNode(described)) continue;
      const responses = isNode(described.responses) ? described.responses : {};
      const ok = Object.entries(responses).find(([status]) => status.startsWith("2"));
      const body = content(described.requestBody);
      const response = content(ok?.[1]);
      operations[`${method.toUpperCase()} ${path.replace(/^\/api\//, "/")}`] = {
        parameters: nodes(described.parameters)
          .filter((p) => p.in !== "header")
          .map((p) => `${p.in} ${p.name}`),
        statuses: Object.keys(responses).map(Number),
        ...(body !== undefined && { body: shapeOf(body) }),
        ...(response !== undefined && { response: shapeOf(response) }),
      };
    }
  }
  const components = isNode(root.components) && isNode(root.components.schemas) ? root.components.schemas : {};
  return { operations, schemas: Object.fromEntries(Object.entries(components).map(([name, schema]) => [name, shapeOf(schema)])) };
}

/** Returns what of the wanted shape is missing in the given one, each as a path with what is wrong there. */
export function missingFrom(
  wanted: Shape,
  given: Shape,
  at: string,
  of: { wanted: Shapes; given: Shapes },
  seen = new Set<string>(),
): string[] {
  const [want, have] = [resolve(wanted, of.wanted), resolve(given, of.given)];
  if (want.length === 0 || have.length === 0) return [];
  const primitives = have.filter((part) => typeof part === "string");
  const faults = want
    .filter((part) => typeof part === "string")
    .filter((part) => !primitives.includes(part) && !(part === "integer" && primitives.includes("number")))
    .map((part) => `${at}: ${part} is not among ${primitives.join(", ") || "its types"}`);
  const [wantMembers, haveMembers] = [allMembers(want), allMembers(have)];
  const isOpen = have.some((part) => typeof part === "object" && "map" in part);
  for (const [name, shape] of Object.entries(wantMembers)) {
    const mark = `${at}.${name}`;
    const other = haveMembers[name];
    if (other === undefined) {
      if (!isOpen) faults.push(`${mark}: missing`);
    } else if (!seen.has(key(mark, wanted)))
      faults.push(...missingFrom(shape, other, mark, of, new Set([...seen, key(mark, wanted)])));
  }
  const [wantItems, haveItems] = [items(want), items(have)];
  if (wantItems.length > 0 && haveItems.length === 0) faults.push(`${at}: is no list`);
  else if (wantItems.length > 0 && at.split("[]").length < 8)
    faults.push(...missingFrom(wantItems, haveItems, `${at}[]`, of, seen));
  return faults;
}

const key = (at: string, shape: Shape) => `${at.split(".").at(-1)} ${JSON.stringify(shape).slice(0, 80)}`;

function resolve(shape: Shape, shapes: Shapes, depth = 0): Shape {
  return shape.flatMap((part) =>
    typeof part === "object" && "ref" in part && depth < 10 ? resolve(shapes.schemas[part.ref] ?? [], shapes, depth + 1) : [part],
  );
}

const allMembers = (shape: Shape): Record<string, Shape> =>
  Object.assign({}, ...shape.map((part) => (typeof part === "object" && "members" in part ? part.members : {})));

const items = (shape: Shape): Shape => shape.flatMap((part) => (typeof part === "object" && "list" in part ? part.list : []));
