import type { Value } from "./values.ts";

export type Args = {
  positional: Expression[];
  named: [string, Expression][];
  spread: Expression | null;
  spreadNamed: Expression | null;
};

export type FilterCall = { type: "filter"; input: Expression | null; name: string; args: Args; soft: boolean };

export type Expression =
  | { type: "const"; value: Value }
  | { type: "name"; name: string }
  | { type: "tuple" | "list"; items: Expression[] }
  | { type: "dict"; pairs: [Expression, Expression][] }
  | { type: "attribute"; object: Expression; name: string }
  | { type: "item"; object: Expression; key: Expression }
  | { type: "slice"; bounds: (Expression | null)[] }
  | { type: "call"; callee: Expression; args: Args }
  | FilterCall
  | { type: "test"; input: Expression; name: string; args: Args; soft: boolean }
  | { type: "not" | "negative" | "positive"; operand: Expression }
  | { type: "and" | "or"; left: Expression; right: Expression }
  | { type: "binary"; operator: string; left: Expression; right: Expression }
  | { type: "concat"; parts: Expression[] }
  | { type: "compare"; first: Expression; rest: [string, Expression][] }
  | { type: "condition"; test: Expression; yes: Expression; no: Expression | null };

export type Target =
  | { type: "name"; name: string }
  | { type: "namespace"; name: string; attribute: string }
  | { type: "targets"; items: Target[] };

export type Signature = { names: string[]; defaults: Expression[] };

export type Statement =
  | { type: "data"; text: string }
  | { type: "print"; expressions: Expression[] }
  | { type: "for"; target: Target; source: Expression; test: Expression | null; body: Statement[]; otherwise: Statement[] }
  | { type: "if"; branches: { test: Expression; body: Statement[] }[]; otherwise: Statement[] }
  | { type: "set"; target: Target; value: Expression }
  | { type: "capture"; target: Target; filter: FilterCall | null; body: Statement[] }
  | { type: "with"; targets: [Target, Expression][]; body: Statement[] }
  | { type: "filterBlock"; filter: FilterCall; body: Statement[] }
  | { type: "macro"; name: string; signature: Signature; body: Statement[] }
  | { type: "callBlock"; call: Extract<Expression, { type: "call" }>; signature: Signature; body: Statement[] }
  | { type: "scope"; body: Statement[] }
  | { type: "otherTemplate" };

export type Template = {
  body: Statement[];
  /** Filters and tests outside of conditions: they are looked up before rendering starts. */
  needed: { kind: "filter" | "test"; name: string }[];
  loops: number;
  loopDepth: number;
};
