import * as z from "zod";
import { isJsonObject } from "../../lib/json.ts";

/**
 * Returns a trigger or an action with its `type`: where none was sent, that of the kind which has all it requires and the most of what
 * was sent; the first of several (as pydantic chooses from a union).
 */
export const withKind =
  (kinds: readonly z.ZodObject[]) =>
  (input: unknown): unknown => {
    if (!isJsonObject(input) || Object.hasOwn(input, "type")) return input;
    let most = -1;
    let found: z.ZodObject | undefined;
    for (const kind of kinds) {
      const members = Object.entries(kind.shape).filter(([name]) => name !== "type");
      const sent = members.filter(([name]) => Object.hasOwn(input, name)).length;
      const isWhole = members.every(([name, member]) => Object.hasOwn(input, name) || z.safeParse(member, undefined).success);
      if (!isWhole || sent <= most) continue;
      most = sent;
      found = kind;
    }
    const type = found?.shape.type;
    return type instanceof z.ZodLiteral ? { ...input, type: type.value } : input;
  };
