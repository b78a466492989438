import type { BlockTypeUpdate } from "../../schemas/block-types.ts";

/** Returns a text as HTML shows it; quotes stay. */
export const escapeText = (text: string | null): string | null =>
  text?.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;") ?? null;

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'", "#39": "'" };

const unescapeText = (text: string | null | undefined): string | null =>
  text?.replace(/&(amp|lt|gt|quot|#x27|#39);/g, (whole, name: string) => entities[name] ?? whole) ?? null;

type Texts = Readonly<Record<keyof BlockTypeUpdate, string | null>>;

const names = ["logo_url", "documentation_url", "description", "code_example"] as const;

/**
 * Returns whether an update changes a block type: one that sends all four texts unchanged does not
 * (`prefect/server/api/block_types.py update_block_type`).
 */
export function changesTexts(stored: Texts, update: BlockTypeUpdate): boolean {
  const isSame = (name: (typeof names)[number]): boolean => {
    const sent = update[name];
    if (sent === undefined) return false;
    const isEscaped = name === "description" || name === "code_example";
    return isEscaped ? unescapeText(sent) === unescapeText(stored[name]) : sent === stored[name];
  };
  return !names.every(isSame);
}

/** Returns whether a name is reserved for the server's own block types. */
export const isReservedName = (name: string): boolean => name.toLowerCase().startsWith("prefect");
