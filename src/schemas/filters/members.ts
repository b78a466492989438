import * as z from "zod";
import { once } from "../../lib/once.ts";
import { boolean, optional, timestamp, uuid } from "../common.ts";
import { list, requestBounds } from "../lists.ts";

/** The operator that joins the conditions of a filter object. Unlike other members it may not be null. */
export const operator = z.enum(["and_", "or_"]).default("and_").register(z.globalRegistry, { id: "Operator" });
export type Operator = z.output<typeof operator>;

/** A closed filter object: an unknown key is an error, a null member counts as absent. */
export const members = <Shape extends z.core.$ZodLooseShape>(id: string, shape: Shape) =>
  z.strictObject(shape).register(z.globalRegistry, { id });

/** A closed filter object with an `operator`. */
export const joined = <Shape extends z.core.$ZodLooseShape>(id: string, shape: Shape) => members(id, { operator, ...shape });

export const uuids = once(() => optional(list(uuid())));
// A lone surrogate is not valid UTF-8: it becomes the replacement character, which no stored text contains by itself.
const wellFormed = z.string().overwrite((value) => value.toWellFormed());
export const texts = (most: number = requestBounds.list) => optional(list(wellFormed, most));
export const text = once(() => optional(wellFormed));

const hasFewWildcards = (text: string) => wildcardsOf(text, "%") <= requestBounds.wildcards;
const fewWildcards = `Value error, a pattern has at most ${requestBounds.wildcards} wildcards`;

/** Returns the number of wildcards in a pattern. */
export const wildcardsOf = (text: string, wildcard: "%" | "*"): number => text.split(wildcard).length - 1;

/** A pattern for LIKE, bounded because the database recurses at each `%` and compares each character with the pattern. */
export const likeText = once(() =>
  wellFormed
    .refine((text) => text.length <= requestBounds.pattern, {
      message: `Value error, a pattern has at most ${requestBounds.pattern} characters`,
    })
    .refine(hasFewWildcards, { message: fewWildcards }),
);
export const like = once(() => optional(likeText()));
export const likes = once(() => optional(list(likeText(), requestBounds.patterns)));
export const flag = once(() => optional(boolean()));
export const time = once(() => optional(timestamp()));

// Repeated here because states.ts imports from this folder; a test compares both lists.
const stateType = z.enum([
  "SCHEDULED",
  "PENDING",
  "RUNNING",
  "COMPLETED",
  "FAILED",
  "CANCELLED",
  "CRASHED",
  "PAUSED",
  "CANCELLING",
]);
export const stateTypes = once(() => optional(list(stateType)));
