/**
 * Regular expressions matched in linear time: whether a pattern matches anywhere in a text, by an automaton (Thompson's construction, with
 * states made as texts need them, as in RE2). Leaves out what no automaton has (lookaround, back references) and what nobody asks here:
 * where a match is, and its groups. RE2's port to JavaScript, with Unicode tables of its own, is 42 kB gzip; this is 2 kB.
 */
export { matcherOf } from "./match.ts";
export { NotLinear } from "./parse.ts";
export { compileProgram, type Program } from "./program.ts";
