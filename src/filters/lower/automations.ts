import type { AutomationFilter } from "../../schemas/filters/automations.ts";
import { and, atMost, hasAllTags, hasAnyTag, isIn, isUntagged, join, type Predicate } from "../predicate.ts";

/** Returns what an automation must meet. */
export const lowerAutomations = ({ operator, id, name, created, tags }: AutomationFilter): Predicate =>
  join(
    operator,
    id && and(isIn("id", id.any_)),
    name && and(isIn("name", name.any_)),
    created && and(atMost("created", created.before_)),
    tags &&
      join(tags.operator, hasAllTags("automation", tags.all_), hasAnyTag("automation", tags.any_), isUntagged(tags.is_null_)),
  );
