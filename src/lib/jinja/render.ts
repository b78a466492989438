import { textRepr } from "../python/index.ts";
import { getAttribute, getItem, getSlice, undefinedName } from "./attributes.ts";
import type { Environment, Filter } from "./environment.ts";
import { FILTERS, unknownName } from "./filters.ts";
import { globals } from "./globals.ts";
import { HUMANIZE_FILTERS } from "./humanize.ts";
import { joinTexts } from "./linear-text.ts";
import { loopObject } from "./loop.ts";
import { charge, metered, templateBounds, unitsOfStep } from "./meter.ts";
import type { Args, Expression, FilterCall, Signature, Statement, Target, Template } from "./nodes.ts";
import { binary, compare, signed } from "./operators.ts";
import { parseTemplate } from "./parse.ts";
import { TESTS } from "./value-tests.ts";
import {
  type Arguments,
  Callable,
  chargeCall,
  Dict,
  isTruthy,
  itemsOf,
  Namespace,
  sizeOf,
  TemplateError,
  Tuple,
  textOf,
  typeError,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

export type RenderOptions = {
  context?: ReadonlyMap<string, Value>;
  filters?: ReadonlyMap<string, Filter>;
  /** Microseconds since the epoch, for filters that show a time relative to now. */
  now?: number;
  random?: () => number;
};

// A template may loop over user data; this and the meter stop one that would exhaust the time of a request.
const MAX_STEPS = 200_000;
const MAX_DEPTH = 200;
const unitsOfItem = 50;

const BUILT_IN = new Map<string, Filter>([...FILTERS, ...HUMANIZE_FILTERS]);

/** The names of one block; writes stay in it, reads fall through to the outer ones. */
class Scope {
  readonly #names = new Map<string, Value>();
  readonly #outer: Scope | undefined;
  constructor(outer?: Scope) {
    this.#outer = outer;
  }
  get(name: string): Value | undefined {
    return this.#names.has(name) ? this.#names.get(name) : this.#outer?.get(name);
  }
  set(name: string, value: Value): void {
    this.#names.set(name, value);
  }
}

class Renderer {
  readonly #options: RenderOptions;
  readonly #env: Environment;
  #steps = 0;
  #depth = 0;
  #output = 0;

  constructor(options: RenderOptions) {
    this.#options = options;
    this.#env = {
      now: options.now ?? 0,
      random: options.random ?? (() => 0),
      filter: (name, value, args) => this.#applyFilter(name, value, args),
      test: (name, value, args) => this.#applyTest(name, value, args),
    };
  }

  render(template: Template): string {
    for (const { kind, name } of template.needed) {
      if (kind === "filter" ? this.#findFilter(name) === undefined : !TESTS.has(name)) {
        throw new TemplateError("TemplateAssertionError", unknownName(kind, name));
      }
    }
    const scope = new Scope();
    for (const [name, value] of this.#options.context ?? []) scope.set(name, value);
    return this.#body(template.body, scope);
  }

  #step(): void {
    this.#steps += 1;
    charge(unitsOfStep);
    if (this.#steps > MAX_STEPS) throw new TemplateError("RuntimeError", "the template takes too many steps");
  }

  #deeper<Result>(run: () => Result): Result {
    this.#step();
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new TemplateError("RecursionError", "maximum recursion depth exceeded");
    const result = run();
    this.#depth -= 1;
    return result;
  }

  #emit(text: string): string {
    this.#output += text.length;
    charge(text.length);
    if (this.#output > templateBounds.text) throw new TemplateError("RuntimeError", "the output of the template is too long");
    return text;
  }

  #findFilter(name: string): Filter | undefined {
    return this.#options.filters?.get(name) ?? BUILT_IN.get(name);
  }

  #applyFilter(name: string, value: Value, args: Arguments): Value {
    const found = this.#findFilter(name);
    if (found === undefined) throw new TemplateError("TemplateRuntimeError", `No filter named ${textRepr(name)} found.`);
    chargeCall(value, args);
    const result = found(value, args, this.#env);
    charge(sizeOf(result));
    return result;
  }

  #applyTest(name: string, value: Value, { positional }: Arguments): boolean {
    const test = TESTS.get(name);
    if (test === undefined) throw new TemplateError("TemplateRuntimeError", `No test named ${textRepr(name)} found.`);
    charge(unitsOfStep + sizeOf(value));
    return test(value, positional[0] ?? null);
  }

  #body(body: readonly Statement[], scope: Scope): string {
    let text = "";
    for (const statement of body) text += this.#deeper(() => this.#statement(statement, scope));
    return text;
  }

  #statement(node: Statement, scope: Scope): string {
    switch (node.type) {
      case "data":
        return this.#emit(node.text);
      case "print":
        return node.expressions.map((each) => this.#emit(textOf(this.#value(each, scope)))).join("");
      case "for":
        return this.#loop(node, scope);
      case "if": {
        const branch = node.branches.find(({ test }) => isTruthy(this.#value(test, scope)));
        return this.#body(branch === undefined ? node.otherwise : branch.body, scope);
      }
      case "set":
        this.#assign(node.target, this.#value(node.value, scope), scope);
        return "";
      case "capture": {
        const captured = this.#body(node.body, new Scope(scope));
        this.#assign(node.target, node.filter === null ? captured : this.#filter(node.filter, scope, captured), scope);
        return "";
      }
      case "with": {
        const inner = new Scope(scope);
        for (const [target, value] of node.targets) this.#assign(target, this.#value(value, scope), inner);
        return this.#body(node.body, inner);
      }
      case "filterBlock":
        return textOf(this.#filter(node.filter, scope, this.#body(node.body, new Scope(scope))));
      case "macro":
        scope.set(node.name, this.#macro(node.name, node.signature, node.body, scope));
        return "";
      case "callBlock": {
        const args = this.#args(node.call.args, scope);
        const caller = this.#macro("caller", node.signature, node.body, scope);
        const named = new Map(args.named).set("caller", caller);
        return textOf(this.#call(this.#value(node.call.callee, scope), { positional: args.positional, named }));
      }
      case "scope":
        return this.#body(node.body, new Scope(scope));
      case "otherTemplate":
        throw typeError("no loader for this environment specified");
    }
  }

  #assign(target: Target, value: Value, scope: Scope): void {
    if (target.type === "name") scope.set(target.name, value);
    else if (target.type === "namespace") {
      const namespace = scope.get(target.name);
      if (!(namespace instanceof Namespace))
        throw new TemplateError("TemplateRuntimeError", "cannot assign attribute on non-namespace object");
      namespace.members.set(target.attribute, value);
    } else {
      const items = itemsOf(value);
      const wanted = target.items.length;
      if (items.length < wanted)
        throw new TemplateError("ValueError", `not enough values to unpack (expected ${wanted}, got ${items.length})`);
      if (items.length > wanted) throw new TemplateError("ValueError", `too many values to unpack (expected ${wanted})`);
      for (const [index, each] of target.items.entries()) this.#assign(each, items[index] ?? null, scope);
    }
  }

  #loop(node: Extract<Statement, { type: "for" }>, scope: Scope): string {
    const all = itemsOf(this.#value(node.source, scope));
    const { test } = node;
    const items =
      test === null
        ? all
        : all.filter((item) => {
            const inner = new Scope(scope);
            this.#assign(node.target, item, inner);
            return isTruthy(this.#value(test, inner));
          });
    if (items.length === 0) return this.#body(node.otherwise, scope);
    let text = "";
    let last: Value | undefined;
    const changed = new Callable("changed", ({ positional }) => {
      const now = new Tuple(positional);
      const differs = last === undefined || !compare("==", last, now);
      last = now;
      return differs;
    });
    for (const [index, item] of items.entries()) {
      charge(unitsOfItem);
      const inner = new Scope(scope);
      inner.set("loop", loopObject(items, index, changed));
      this.#assign(node.target, item, inner);
      text += this.#body(node.body, inner);
    }
    return text;
  }

  #macro(name: string, signature: Signature, body: readonly Statement[], scope: Scope): Callable {
    const required = signature.names.length - signature.defaults.length;
    return new Callable(name, ({ positional, named }) => {
      const inner = new Scope(scope);
      for (const key of named.keys()) {
        if (key === "caller") inner.set("caller", named.get("caller") ?? null);
        else if (!signature.names.includes(key))
          throw typeError(`macro ${textRepr(name)} takes no keyword argument ${textRepr(key)}`);
      }
      if (positional.length > signature.names.length) {
        throw typeError(`macro ${textRepr(name)} takes not more than ${signature.names.length} argument(s)`);
      }
      for (const [index, param] of signature.names.entries()) {
        const given = index < positional.length ? positional[index] : named.get(param);
        const fallback = signature.defaults[index - required];
        if (given !== undefined) inner.set(param, given);
        else
          inner.set(
            param,
            fallback === undefined
              ? new Undefined(`parameter ${textRepr(param)} was not provided`)
              : this.#value(fallback, inner),
          );
      }
      return this.#deeper(() => this.#body(body, inner));
    });
  }

  #args(args: Args, scope: Scope): Arguments {
    const positional = args.positional.map((each) => this.#value(each, scope));
    if (args.spread !== null) positional.push(...itemsOf(this.#value(args.spread, scope)));
    const named = new Map(args.named.map(([name, each]) => [name, this.#value(each, scope)] as const));
    if (args.spreadNamed !== null) {
      const extra = this.#value(args.spreadNamed, scope);
      if (!(extra instanceof Dict)) throw typeError(`argument after ** must be a mapping, not ${typeName(extra)}`);
      for (const [key, value] of extra.entries()) named.set(textOf(key), value);
    }
    return { positional, named };
  }

  #call(callee: Value, args: Arguments): Value {
    if (callee instanceof Callable) {
      chargeCall(callee, args);
      const result = callee.run(args);
      charge(sizeOf(result));
      return result;
    }
    if (callee instanceof Undefined) throw new TemplateError(callee.error, callee.message);
    throw typeError(`'${typeName(callee)}' object is not callable`);
  }

  #filter(node: FilterCall, scope: Scope, input: Value): Value {
    const value =
      node.input === null
        ? input
        : node.input.type === "filter" && node.input.input === null
          ? this.#filter(node.input, scope, input)
          : this.#chain(node.input, scope, input);
    return this.#applyFilter(node.name, value, this.#args(node.args, scope));
  }

  /** The chain of a filter block ends in a filter without input; other filters have their own. */
  #chain(node: Expression, scope: Scope, input: Value): Value {
    return node.type === "filter" ? this.#filter(node, scope, input) : this.#value(node, scope);
  }

  #value(node: Expression, scope: Scope): Value {
    return this.#deeper(() => this.#evaluate(node, scope));
  }

  #evaluate(node: Expression, scope: Scope): Value {
    const value = (each: Expression): Value => this.#value(each, scope);
    switch (node.type) {
      case "const":
        return node.value;
      case "name":
        return this.#name(node.name, scope);
      case "tuple":
        return new Tuple(node.items.map(value));
      case "list":
        return node.items.map(value);
      case "dict":
        return node.pairs.reduce((dict, [key, member]) => dict.set(value(key), value(member)), new Dict());
      case "attribute":
        return getAttribute(value(node.object), node.name);
      case "item":
        return node.key.type === "slice"
          ? getSlice(
              value(node.object),
              node.key.bounds.map((bound) => (bound === null ? null : value(bound))),
            )
          : getItem(value(node.object), value(node.key));
      case "slice":
        throw typeError("unhashable type: 'slice'");
      case "call":
        return this.#call(value(node.callee), this.#args(node.args, scope));
      case "filter":
        return this.#filter(node, scope, "");
      case "test":
        return this.#applyTest(node.name, value(node.input), this.#args(node.args, scope));
      case "not":
        return !isTruthy(value(node.operand));
      case "negative":
      case "positive":
        return signed(node.type === "negative", value(node.operand));
      case "and": {
        const left = value(node.left);
        return isTruthy(left) ? value(node.right) : left;
      }
      case "or": {
        const left = value(node.left);
        return isTruthy(left) ? left : value(node.right);
      }
      case "binary":
        return binary(node.operator, value(node.left), value(node.right));
      case "concat":
        return joinTexts(
          node.parts.map((part) => textOf(value(part))),
          "",
        );
      case "compare":
        return this.#compare(value(node.first), node.rest, scope);
      case "condition":
        if (isTruthy(value(node.test))) return value(node.yes);
        return node.no === null
          ? new Undefined("the inline if-expression evaluated to false and no else section was defined.")
          : value(node.no);
    }
  }

  #compare(first: Value, rest: readonly [string, Expression][], scope: Scope): boolean {
    let left = first;
    for (const [operator, node] of rest) {
      const right = this.#value(node, scope);
      if (!compare(operator, left, right)) return false;
      left = right;
    }
    return true;
  }

  #name(name: string, scope: Scope): Value {
    const known = scope.get(name);
    return known !== undefined ? known : (globals.get(name) ?? undefinedName(name));
  }
}

export type Rendered = { ok: true; text: string } | { ok: false; message: string };

/** Returns whether a text contains template syntax; other texts are used unchanged, comments included. */
export const maybeTemplate = (source: string): boolean => source.includes("{{") || source.includes("{%");

/** Renders a template as Jinja's sandbox does; error messages are the reference's. */
export function renderTemplate(source: string, options: RenderOptions = {}): Rendered {
  if (!maybeTemplate(source)) return { ok: true, text: source };
  const parsed = parseTemplate(source);
  if (!parsed.ok) return { ok: false, message: parsed.message };
  try {
    return { ok: true, text: metered(() => new Renderer(options).render(parsed.template)) };
  } catch (error) {
    const { kind, message } = failureOf(error);
    return { ok: false, message: `Failed to render template due to the following error: ${kind}(${textRepr(message)})` };
  }
}

// Errors of the engine (stack, length, invalid number, lone surrogate) are caused by the template as well.
function failureOf(error: unknown): { kind: string; message: string } {
  if (error instanceof TemplateError) return error;
  if (error instanceof RangeError) return { kind: "OverflowError", message: "the result is too large" };
  if (error instanceof URIError) return { kind: "UnicodeEncodeError", message: "surrogates not allowed" };
  throw error;
}
