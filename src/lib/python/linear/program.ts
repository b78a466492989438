import type { CharacterSet } from "./character-set.ts";
import { type Assertion, type Flags, NotLinear, type Part, parsePattern } from "./parse.ts";

/** A step of a non-deterministic automaton; `next` and `other` are places in the program. */
export type Instruction =
  | { readonly kind: "match" }
  | { readonly kind: "set"; readonly set: CharacterSet; readonly next: number }
  | { readonly kind: "assertion"; readonly assertion: Assertion; readonly next: number }
  | { readonly kind: "split"; next: number; readonly other: number };

/** A compiled pattern. */
export interface Program {
  readonly instructions: readonly Instruction[];
  readonly start: number;
}

// Counted repetitions are copied out: 4 MB for a program of this size.
const MOST_INSTRUCTIONS = 50_000;

/** Returns the program for a pattern (see `parsePattern`). Throws NotLinear, also for one that would have too many instructions. */
export function compileProgram(source: string, flags: Flags): Program {
  const instructions: Instruction[] = [{ kind: "match" }];
  return { start: emit(instructions, parsePattern(source, flags), 0), instructions };
}

function add(instructions: Instruction[], instruction: Instruction): number {
  if (instructions.length >= MOST_INSTRUCTIONS) throw new NotLinear();
  return instructions.push(instruction) - 1;
}

/** Appends the instructions of a part that continues at `next`; returns where they start. */
function emit(instructions: Instruction[], part: Part, next: number): number {
  switch (part.kind) {
    case "set":
    case "assertion":
      return add(instructions, { ...part, next });
    case "sequence":
      return part.parts.reduceRight((after, item) => emit(instructions, item, after), next);
    case "choice":
      return part.branches
        .map((branch) => emit(instructions, branch, next))
        .reduceRight((other, branch) => add(instructions, { kind: "split", next: branch, other }));
    case "repeat":
      return emitRepeat(instructions, part, next);
  }
}

function emitRepeat(instructions: Instruction[], part: Extract<Part, { kind: "repeat" }>, next: number): number {
  let after = next;
  if (part.most === Number.POSITIVE_INFINITY) {
    const split: Instruction = { kind: "split", next, other: next };
    after = add(instructions, split);
    split.next = emit(instructions, part.body, after);
  } else {
    for (let count = part.least; count < part.most; count += 1)
      after = add(instructions, { kind: "split", next: emit(instructions, part.body, after), other: next });
  }
  for (let count = 0; count < part.least; count += 1) {
    const before = emit(instructions, part.body, after);
    // A body without instructions is the same however often it is repeated.
    if (before === after) break;
    after = before;
  }
  return after;
}
