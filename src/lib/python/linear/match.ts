import type { Assertion } from "./parse.ts";
import type { Instruction, Program } from "./program.ts";

// What stands before and after a place, as far as assertions ask for it. A line end that is the last character is a symbol of its own.
type Before = "start" | "line_end" | "word" | "other";
type After = "end" | "last_line_end" | "line_end" | "word" | "other";

/** The instructions that may come next at a place, and where each character leads (symbols: ASCII codes and LAST_LINE_END). */
interface State {
  readonly sets: readonly number[];
  /** Assertions that depend on the next character. */
  readonly pending: readonly number[];
  readonly before: Before;
  ascii: (Outcome | undefined)[] | null;
  others: Map<number, Outcome> | null;
}
type Outcome = State | "accepted" | "refused";

/** What follows a place: filled by `#follow`. */
interface Place {
  readonly sets: number[];
  readonly pending: number[];
  readonly before: Before;
  readonly after: After | null;
}

const LINE_END = 10;
const ASCII = 128;
const LAST_LINE_END = ASCII;
// Numbers that the states of one pattern hold, 4 bytes each in workerd: enough for the 255 states of `^[a-z]{1,255}$`.
const MOST_REMEMBERED = 60_000;

/** Returns a function that tells whether a program matches anywhere in a text, in time linear in the text's length. */
export function matcherOf(program: Program): (text: string) => boolean {
  const automaton = new Automaton(program);
  return (text) => automaton.test(text);
}

/**
 * A deterministic automaton whose states are made as texts need them. A text that needs more states than are remembered
 * continues with states that are made again for each character.
 */
class Automaton {
  readonly #instructions: readonly Instruction[];
  readonly #start: number;
  // The start of a later line may begin a match where nothing else continues.
  readonly #startsLines: boolean;
  // The generation in which each instruction was visited last.
  readonly #visited: Int32Array;
  #generation = 0;
  readonly #open: number[] = [];
  #states = new Map<string, State>();
  #remembered = 0;
  #first: Outcome | undefined;

  constructor({ instructions, start }: Program) {
    this.#instructions = instructions;
    this.#start = start;
    this.#startsLines = instructions.some((item) => item.kind === "assertion" && item.assertion === "line_start");
    this.#visited = new Int32Array(instructions.length);
  }

  test(text: string): boolean {
    if (this.#remembered >= MOST_REMEMBERED) {
      this.#states = new Map();
      this.#remembered = 0;
      this.#first = undefined;
    }
    this.#first ??= this.#stateAfter([], 0, "start");
    let state = this.#first;
    for (let at = 0; at < text.length; at += 1) {
      if (typeof state === "string") return state === "accepted";
      const code = text.codePointAt(at) ?? 0;
      if (code > 0xffff) at += 1;
      const symbol = code === LINE_END && at + 1 === text.length ? LAST_LINE_END : code;
      state = (code < ASCII ? state.ascii?.[symbol] : state.others?.get(code)) ?? this.#advance(state, code, symbol);
    }
    return typeof state === "string" ? state === "accepted" : this.#continued(state, "end") === null;
  }

  #advance(state: State, code: number, symbol: number): Outcome {
    const kind = kindOf(code);
    const active = this.#continued(state, code < ASCII && symbol === LAST_LINE_END ? "last_line_end" : kind);
    const outcome = active === null ? "accepted" : this.#stateAfter(active, code, kind);
    if (this.#remembered < MOST_REMEMBERED) {
      if (code < ASCII) {
        if (state.ascii === null) this.#remembered += ASCII;
        state.ascii ??= new Array(ASCII + 1);
        state.ascii[symbol] = outcome;
      } else {
        this.#remembered += 4;
        state.others ??= new Map();
        state.others.set(code, outcome);
      }
    }
    return outcome;
  }

  /** Returns the sets of a state before a character of a kind, null where a match ends there. */
  #continued(state: State, after: After): readonly number[] | null {
    if (state.pending.length === 0) return state.sets;
    const sets = [...state.sets];
    this.#generation += 1;
    for (const index of sets) this.#visited[index] = this.#generation;
    for (const index of state.pending) {
      if (this.#follow(index, { sets, pending: [], before: state.before, after })) return null;
    }
    return sets;
  }

  /** Returns the state after a character that some of the active sets contain; a match may start there too. */
  #stateAfter(active: readonly number[], code: number, before: Before): Outcome {
    const place = { sets: [], pending: [], before, after: null };
    this.#generation += 1;
    for (const index of active) {
      const item = this.#instructions[index];
      if (item?.kind === "set" && item.set(code) && this.#follow(item.next, place)) return "accepted";
    }
    return this.#follow(this.#start, place) ? "accepted" : this.#stateOf(place);
  }

  #stateOf({ sets, pending, before }: Place): Outcome {
    if (sets.length + pending.length === 0 && !this.#startsLines) return "refused";
    const made: State = { sets, pending, before, ascii: null, others: null };
    if (this.#remembered >= MOST_REMEMBERED) return made;
    const key = `${sets.join()};${pending.length === 0 ? "" : `${pending.join()};${before}`}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    this.#states.set(key, made);
    this.#remembered += key.length + sets.length + pending.length;
    return made;
  }

  /** Collects the sets and the pending assertions that follow an instruction without a character between; returns true for a match. */
  #follow(from: number, { sets, pending, before, after }: Place): boolean {
    const open = this.#open;
    open.push(from);
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (this.#visited[index] === this.#generation) continue;
      this.#visited[index] = this.#generation;
      const item = this.#instructions[index];
      if (item === undefined || item.kind === "match") {
        open.length = 0;
        return true;
      }
      if (item.kind === "set") sets.push(index);
      else if (item.kind === "split") open.push(item.other, item.next);
      else {
        const holds = holdsAt(item.assertion, before, after);
        if (holds === null) pending.push(index);
        else if (holds) open.push(item.next);
      }
    }
    return false;
  }
}

function kindOf(code: number): "line_end" | "word" | "other" {
  if (code === LINE_END) return "line_end";
  const letter = code | 0x20;
  const isWord = code < ASCII && ((letter >= 97 && letter <= 122) || (code >= 48 && code <= 57) || code === 95);
  return isWord ? "word" : "other";
}

/** Returns whether an assertion holds between two characters, null where that depends on the next one and it is not known. */
function holdsAt(assertion: Assertion, before: Before, after: After | null): boolean | null {
  if (assertion === "text_start") return before === "start";
  if (assertion === "line_start") return before === "start" || before === "line_end";
  if (after === null) return null;
  if (assertion === "text_end") return after === "end";
  if (assertion === "last_line_end") return after === "end" || after === "last_line_end";
  if (assertion === "line_end") return after !== "word" && after !== "other";
  return ((before === "word") !== (after === "word")) === (assertion === "boundary");
}
