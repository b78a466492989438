import type { JsonObject } from "../../lib/json.ts";
import { builtIn } from "./built-in.ts";
import type { Property } from "./fields.ts";

/** A type of block that the server brings, with its schema. */
export interface SystemBlockType {
  readonly name: string;
  readonly slug: string;
  readonly logo_url: string | null;
  readonly documentation_url: string | null;
  readonly description: string | null;
  readonly code_example: string | null;
  readonly is_protected: boolean;
  readonly schema: { readonly checksum: string; readonly fields: JsonObject; readonly capabilities: string[] } | null;
}

/** How a type is written down; what follows from that is made by `blockTypeOf`. */
export interface Entry {
  readonly name: string;
  readonly slug: string;
  /** Where the class is imported from, and its name. */
  readonly module: string;
  readonly class: string;
  readonly logo: string;
  readonly docs: string;
  readonly description: string;
  readonly is_protected?: boolean;
  /**
   * What the class of Prefect hashes to: by it the client looks for the schema of its class before it makes one. These fields hash to
   * something else, because they are described in other words.
   */
  readonly checksum: string;
  readonly capabilities: string[];
  readonly properties: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
  readonly secrets?: readonly string[];
}

const logos = "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos";
const docs = "https://www.prefect.io/docs/latest";

const exampleOf = ({ module, class: name, slug }: Entry): string =>
  `\`\`\`python\nfrom ${module} import ${name}\n\n${slug.replaceAll("-", "_")}_block = ${name}.load("BLOCK_NAME")\n\`\`\``;

function blockTypeOf(entry: Entry): SystemBlockType {
  const { name, slug, description, checksum, capabilities, required, secrets = [] } = entry;
  const properties = Object.entries(entry.properties).map(([key, property], position) => [key, { ...property, position }]);
  const fields = {
    title: entry.class,
    type: "object",
    description,
    block_type_slug: slug,
    properties: Object.fromEntries(properties),
    ...(required !== undefined && { required }),
    secret_fields: secrets,
  };
  return {
    name,
    slug,
    logo_url: `${logos}/${entry.logo}.png`,
    documentation_url: `${docs}/${entry.docs}`,
    description,
    code_example: exampleOf(entry),
    is_protected: entry.is_protected ?? false,
    schema: { checksum: `sha256:${checksum}`, fields, capabilities },
  };
}

/** The types that a new server has. */
export const systemBlockTypes = (): SystemBlockType[] => builtIn.map(blockTypeOf);
