import { textRepr } from "../python/index.ts";
import { describeToken, describeType, SyntaxFault, type Token, tokenize } from "./lexer.ts";
import { templateBounds } from "./meter.ts";
import type { Args, Expression, FilterCall } from "./nodes.ts";
import { Float } from "./values.ts";

const noArgs = (): Args => ({ positional: [], named: [], spread: null, spreadNamed: null });
const MAX_NESTING = 100;
const comparisons = new Set(["==", "!=", "<", "<=", ">", ">="]);

function integerValue(text: string): number | bigint {
  if (text.length > templateBounds.digits) throw new SyntaxFault(`Exceeds the limit (${templateBounds.digits} digits)`, 0);
  const exact = BigInt(/^0[0]*$/.test(text) ? "0" : text.toLowerCase());
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}

/** Parses expressions with the grammar and error messages of Jinja 3.1. */
export class ExpressionParser {
  readonly #tokens: Generator<Token>;
  readonly #waiting: Token[] = [];
  protected current: Token;
  /** Above zero inside of conditions, where filters are looked up during rendering. */
  protected soft = 0;
  #nesting = 0;
  readonly needed: { kind: "filter" | "test"; name: string }[] = [];

  constructor(source: string) {
    this.#tokens = tokenize(source);
    this.current = { type: "eof", value: "", line: 1 };
    this.current = this.#read();
  }

  #read(): Token {
    const next = this.#tokens.next();
    return next.done ? { type: "eof", value: "", line: this.current.line } : next.value;
  }

  protected advance(): Token {
    const token = this.current;
    this.current = this.#waiting.shift() ?? this.#read();
    return token;
  }

  protected peek(): Token {
    if (this.#waiting.length === 0) this.#waiting.push(this.#read());
    return this.#waiting[0] ?? this.current;
  }

  protected fail(message: string, line = this.current.line): never {
    throw new SyntaxFault(message, line);
  }

  protected is(type: string): boolean {
    return this.current.type === type;
  }

  protected isWord(...words: string[]): boolean {
    return this.current.type === "name" && words.includes(this.current.value);
  }

  protected skip(type: string): boolean {
    if (!this.is(type)) return false;
    this.advance();
    return true;
  }

  protected skipWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.advance();
    return true;
  }

  protected expect(type: string): Token {
    if (this.is(type)) return this.advance();
    return this.#unexpected(describeType(type));
  }

  protected expectWord(word: string): Token {
    return this.isWord(word) ? this.advance() : this.#unexpected(word);
  }

  #unexpected(wanted: string): never {
    if (this.is("eof")) this.fail(`unexpected end of template, expected ${textRepr(wanted)}.`);
    return this.fail(`expected token ${textRepr(wanted)}, got ${textRepr(describeToken(this.current))}`);
  }

  protected expression(withCondition = true): Expression {
    return withCondition ? this.#condition() : this.#or();
  }

  /** Parses a nested construct, up to a hundred levels: the stack is bounded. */
  protected deeper<Result>(read: () => Result): Result {
    this.#nesting += 1;
    if (this.#nesting > MAX_NESTING) this.fail("too many nested expressions");
    const result = read();
    this.#nesting -= 1;
    return result;
  }

  #condition(): Expression {
    let yes = this.deeper(() => this.#or());
    while (this.isWord("if")) {
      this.advance();
      this.soft += 1;
      const test = this.#or();
      const no = this.skipWord("else") ? this.deeper(() => this.#condition()) : null;
      this.soft -= 1;
      yes = { type: "condition", test, yes, no };
    }
    return yes;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.skipWord("or")) left = { type: "or", left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.skipWord("and")) left = { type: "and", left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    return this.skipWord("not") ? { type: "not", operand: this.deeper(() => this.#not()) } : this.#compare();
  }

  #compare(): Expression {
    const first = this.#sum();
    const rest: [string, Expression][] = [];
    for (;;) {
      if (comparisons.has(this.current.type)) rest.push([this.advance().type, this.#sum()]);
      else if (this.skipWord("in")) rest.push(["in", this.#sum()]);
      else if (this.isWord("not") && this.peek().type === "name" && this.peek().value === "in") {
        this.advance();
        this.advance();
        rest.push(["not in", this.#sum()]);
      } else break;
    }
    return rest.length === 0 ? first : { type: "compare", first, rest };
  }

  #sum(): Expression {
    let left = this.#concat();
    while (this.is("+") || this.is("-")) left = { type: "binary", operator: this.advance().type, left, right: this.#concat() };
    return left;
  }

  #concat(): Expression {
    const first = this.#product();
    const parts = [first];
    while (this.skip("~")) parts.push(this.#product());
    return parts.length === 1 ? first : { type: "concat", parts };
  }

  #product(): Expression {
    let left = this.#power();
    while (["*", "/", "//", "%"].includes(this.current.type)) {
      left = { type: "binary", operator: this.advance().type, left, right: this.#power() };
    }
    return left;
  }

  #power(): Expression {
    let left = this.#unary();
    while (this.skip("**")) left = { type: "binary", operator: "**", left, right: this.#unary() };
    return left;
  }

  #unary(withFilter = true): Expression {
    let node: Expression;
    if (this.skip("-")) node = { type: "negative", operand: this.deeper(() => this.#unary(false)) };
    else if (this.skip("+")) node = { type: "positive", operand: this.deeper(() => this.#unary(false)) };
    else node = this.primary();
    node = this.#postfix(node);
    return withFilter ? this.#filters(node) : node;
  }

  protected primary(): Expression {
    const token = this.current;
    switch (token.type) {
      case "name":
        this.advance();
        if (/^[tT]rue$|^[fF]alse$/.test(token.value)) return { type: "const", value: token.value.toLowerCase() === "true" };
        return /^[nN]one$/.test(token.value) ? { type: "const", value: null } : { type: "name", name: token.value };
      case "string": {
        let text = "";
        while (this.is("string")) text += this.advance().value;
        return { type: "const", value: text };
      }
      case "integer":
        return { type: "const", value: integerValue(this.advance().value) };
      case "float":
        return { type: "const", value: new Float(Number(this.advance().value)) };
      case "(": {
        this.advance();
        const inner = this.tuple({ explicit: true });
        this.expect(")");
        return inner;
      }
      case "[":
        return { type: "list", items: this.#sequence("]", () => this.expression()) };
      case "{":
        return { type: "dict", pairs: this.#sequence("}", () => this.#pair()) };
      default:
        return this.fail(`unexpected ${textRepr(describeToken(token))}`, token.line);
    }
  }

  #pair(): [Expression, Expression] {
    const key = this.expression();
    this.expect(":");
    return [key, this.expression()];
  }

  /** Parses the items between a bracket and its end, with an optional trailing comma. */
  #sequence<Item>(end: string, read: () => Item): Item[] {
    this.advance();
    const items: Item[] = [];
    while (!this.is(end)) {
      if (items.length > 0) this.expect(",");
      if (this.is(end)) break;
      items.push(read());
    }
    this.expect(end);
    return items;
  }

  protected tuple(options: { explicit?: boolean; withCondition?: boolean; read?: () => Expression } = {}): Expression {
    const { explicit = false, withCondition = true, read = () => this.expression(withCondition) } = options;
    const items: Expression[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0) this.expect(",");
      if (["variable_end", "block_end", ")"].includes(this.current.type)) break;
      items.push(read());
      if (!this.is(",")) break;
      isTuple = true;
    }
    const [first] = items;
    if (!isTuple && first !== undefined) return first;
    if (!isTuple && !explicit) this.fail(`Expected an expression, got ${textRepr(describeToken(this.current))}`);
    return { type: "tuple", items };
  }

  #postfix(node: Expression): Expression {
    for (;;) {
      if (this.is(".")) node = this.#attribute(node);
      else if (this.is("[")) node = this.#subscript(node);
      else if (this.is("(")) node = { type: "call", callee: node, args: this.#args() };
      else return node;
    }
  }

  #attribute(object: Expression): Expression {
    this.advance();
    const token = this.advance();
    if (token.type === "name") return { type: "attribute", object, name: token.value };
    if (token.type !== "integer") this.fail("expected name or number", token.line);
    return { type: "item", object, key: { type: "const", value: integerValue(token.value) } };
  }

  #subscript(object: Expression): Expression {
    this.advance();
    const keys: Expression[] = [];
    while (!this.is("]")) {
      if (keys.length > 0) this.expect(",");
      keys.push(this.#subscribed());
    }
    this.expect("]");
    const [only] = keys;
    return { type: "item", object, key: keys.length === 1 && only !== undefined ? only : { type: "tuple", items: keys } };
  }

  #subscribed(): Expression {
    const bounds: (Expression | null)[] = [];
    if (this.skip(":")) bounds.push(null);
    else {
      const node = this.expression();
      if (!this.skip(":")) return node;
      bounds.push(node);
    }
    const bound = () => (this.is("]") || this.is(",") || this.is(":") ? null : this.expression());
    bounds.push(bound());
    bounds.push(this.skip(":") ? bound() : null);
    return { type: "slice", bounds };
  }

  #args(): Args {
    const { line } = this.expect("(");
    const args = noArgs();
    const ensure = (holds: boolean) => {
      if (!holds) this.fail("invalid syntax for function call expression", line);
    };
    for (let first = true; !this.is(")"); first = false) {
      if (!first) {
        this.expect(",");
        if (this.is(")")) break;
      }
      if (this.is("*")) {
        ensure(args.spread === null && args.spreadNamed === null);
        this.advance();
        args.spread = this.expression();
      } else if (this.is("**")) {
        ensure(args.spreadNamed === null);
        this.advance();
        args.spreadNamed = this.expression();
      } else if (this.is("name") && this.peek().type === "=") {
        ensure(args.spreadNamed === null);
        const name = this.advance().value;
        this.advance();
        args.named.push([name, this.expression()]);
      } else {
        ensure(args.spread === null && args.spreadNamed === null && args.named.length === 0);
        args.positional.push(this.expression());
      }
    }
    this.expect(")");
    return args;
  }

  #filters(node: Expression): Expression {
    for (;;) {
      if (this.is("|")) node = this.filter(node) ?? node;
      else if (this.isWord("is")) node = this.#test(node);
      else if (this.is("(")) node = { type: "call", callee: node, args: this.#args() };
      else return node;
    }
  }

  #dottedName(kind: "filter" | "test"): string {
    let name = this.expect("name").value;
    while (this.skip(".")) name += `.${this.expect("name").value}`;
    if (this.soft === 0) this.needed.push({ kind, name });
    return name;
  }

  /** Parses a chain of filters; `inline` begins with a name instead of the bar. */
  protected filter(input: Expression | null, inline = false): FilterCall | null {
    let node: FilterCall | null = null;
    while (this.is("|") || inline) {
      if (!inline) this.advance();
      inline = false;
      const name = this.#dottedName("filter");
      const args = this.is("(") ? this.#args() : noArgs();
      node = { type: "filter", input: node ?? input, name, args, soft: this.soft > 0 };
    }
    return node;
  }

  #test(input: Expression): Expression {
    this.advance();
    const negated = this.skipWord("not");
    const name = this.#dottedName("test");
    let args = noArgs();
    if (this.is("(")) args = this.#args();
    else if (["name", "string", "integer", "float", "[", "{"].includes(this.current.type) && !this.isWord("else", "or", "and")) {
      if (this.isWord("is")) this.fail("You cannot chain multiple tests with is");
      args.positional.push(this.#postfix(this.primary()));
    }
    const node: Expression = { type: "test", input, name, args, soft: this.soft > 0 };
    return negated ? { type: "not", operand: node } : node;
  }
}
