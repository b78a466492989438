import type { BlockTypeUpdate } from "../../schemas/block-types.ts";

/** Returns a text as HTML shows it; quotes stay. */
export const escapeText = (text: string | null): string | null =>
  text?.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;") ?? null;

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'", "#39": "'" };

const unescapeText = (text: string | null | undefined): string | null =>
  text?.replace(/&(amp|lt|gt|quot|#x27|#39);/g, (whole, name: string) => entities[name] ?? whole) ?? null;

type Texts = Readonly<Record<keyof BlockTypeUpdate, string | null>>;

const names = ["logo_url", "documentation_url", "description", "code_example"] as const;

/** Tells whether an update says anything new: one that sends all four texts as they are does not (block_types.md "PATCH"). */
export function changesTexts(stored: Texts, update: BlockTypeUpdate): boolean {
  const isSame = (name: (typeof names)[number]): boolean => {
    const sent = update[name];
    if (sent === undefined) return false;
    const isEscaped = name === "description" || name === "code_example";
    return isEscaped ? unescapeText(sent) === unescapeText(stored[name]) : sent === stored[name];
  };
  return !names.every(isSame);
}

/** Tells whether a name belongs to the server's own types. */
export const isReservedName = (name: string): boolean => name.toLowerCase().startsWith("prefect");
