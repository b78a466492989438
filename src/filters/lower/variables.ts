import type { VariableFilter } from "../../schemas/filters/variables.ts";
import { and, contains, hasAllTags, isIn, isUntagged, join, type Predicate } from "../predicate.ts";

/** Returns what a variable must meet. */
export const lowerVariables = ({ operator, id, name, tags }: VariableFilter): Predicate =>
  join(
    operator,
    id && and(isIn("id", id.any_)),
    name && and(isIn("name", name.any_), contains("name", name.like_)),
    tags && join(tags.operator, hasAllTags("variable", tags.all_), isUntagged(tags.is_null_)),
  );
