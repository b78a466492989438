import { textRepr } from "../python/index.ts";
import { SyntaxFault } from "./lexer.ts";
import type { Expression, Signature, Statement, Target, Template } from "./nodes.ts";
import { ExpressionParser } from "./parse-expressions.ts";

const MAX_LOOPS = 10;
const MAX_LOOP_DEPTH = 2;

class TemplateParser extends ExpressionParser {
  readonly #tags: string[] = [];
  readonly #ends: string[][] = [];
  loops = 0;
  loopDepth = 0;
  #depth = 0;

  template(): Template {
    const body = this.#body([]);
    return { body, needed: this.needed, loops: this.loops, loopDepth: this.loopDepth };
  }

  /** Parses up to one of the end tags, which becomes the current token, or to the end of the template. */
  #body(ends: string[]): Statement[] {
    const body: Statement[] = [];
    if (ends.length > 0) this.#ends.push(ends);
    while (!this.is("eof")) {
      if (this.is("data")) body.push({ type: "data", text: this.advance().value });
      else if (this.skip("variable_begin")) {
        body.push({ type: "print", expressions: [this.tuple()] });
        this.expect("variable_end");
      } else {
        this.expect("block_begin");
        if (ends.length > 0 && this.isWord(...ends)) break;
        body.push(this.#statement());
        this.expect("block_end");
      }
    }
    if (ends.length > 0) this.#ends.pop();
    return body;
  }

  /** Parses a tag's body; the end tag stays the current token, or is skipped. */
  #block(ends: string[], drop = true): Statement[] {
    this.skip(":");
    this.expect("block_end");
    const body = this.deeper(() => this.#body(ends));
    if (this.is("eof")) this.#noEnd(null, [...this.#ends, ends]);
    if (drop) this.advance();
    return body;
  }

  #noEnd(tag: string | null, ends: string[][], line = this.current.line): never {
    const looking = ends.at(-1)?.map(textRepr).join(" or ");
    const message = [tag === null ? "Unexpected end of template." : `Encountered unknown tag ${textRepr(tag)}.`];
    if (looking !== undefined) {
      message.push(
        tag !== null && ends.flat().includes(tag)
          ? `You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for ${looking}.`
          : `Jinja was looking for the following tags: ${looking}.`,
      );
    }
    const innermost = this.#tags.at(-1);
    if (innermost !== undefined) message.push(`The innermost block that needs to be closed is ${textRepr(innermost)}.`);
    this.fail(message.join(" "), line);
  }

  #statement(): Statement {
    const token = this.current;
    if (token.type !== "name") this.fail("tag name expected", token.line);
    const read = this.#statements.get(token.value);
    if (read === undefined) this.#noEnd(token.value, this.#ends, token.line);
    this.#tags.push(token.value);
    this.advance();
    const statement = read(token.line);
    this.#tags.pop();
    return statement;
  }

  readonly #statements = new Map<string, (line: number) => Statement>([
    ["for", () => this.#for()],
    ["if", () => this.#if()],
    ["set", () => this.#set()],
    ["with", () => this.#with()],
    ["print", () => this.#print()],
    ["filter", () => this.#filterBlock()],
    ["macro", () => this.#macro()],
    ["call", (line) => this.#call(line)],
    ["block", () => this.#namedBlock()],
    ["autoescape", () => this.#autoescape()],
    ["include", () => this.#otherTemplate()],
    ["extends", () => this.#otherTemplate()],
    ["import", () => this.#otherTemplate("as")],
    ["from", () => this.#otherTemplate("import")],
  ]);

  #for(): Statement {
    const target = this.#target(false);
    this.expectWord("in");
    const source = this.tuple({ withCondition: false });
    const test = this.skipWord("if") ? this.expression() : null;
    this.skipWord("recursive");
    this.loops += 1;
    this.#depth += 1;
    this.loopDepth = Math.max(this.loopDepth, this.#depth);
    const body = this.#block(["endfor", "else"], false);
    const otherwise = this.advance().value === "endfor" ? [] : this.#block(["endfor"]);
    this.#depth -= 1;
    return { type: "for", target, source, test, body, otherwise };
  }

  #if(): Statement {
    const branches: { test: Expression; body: Statement[] }[] = [];
    let otherwise: Statement[] = [];
    this.soft += 1;
    for (;;) {
      const test = this.tuple({ withCondition: false });
      branches.push({ test, body: this.#block(["elif", "else", "endif"], false) });
      const end = this.advance().value;
      if (end === "elif") continue;
      if (end === "else") otherwise = this.#block(["endif"]);
      break;
    }
    this.soft -= 1;
    return { type: "if", branches, otherwise };
  }

  #set(): Statement {
    const target = this.#target(true);
    if (this.skip("=")) return { type: "set", target, value: this.tuple() };
    const filter = this.filter(null);
    return { type: "capture", target, filter, body: this.#block(["endset"]) };
  }

  #with(): Statement {
    const targets: [Target, Expression][] = [];
    while (!this.is("block_end")) {
      if (targets.length > 0) this.expect(",");
      const target = this.#target(false);
      this.expect("=");
      targets.push([target, this.expression()]);
    }
    return { type: "with", targets, body: this.#block(["endwith"]) };
  }

  #print(): Statement {
    const expressions: Expression[] = [];
    while (!this.is("block_end")) {
      if (expressions.length > 0) this.expect(",");
      expressions.push(this.expression());
    }
    return { type: "print", expressions };
  }

  #filterBlock(): Statement {
    const filter = this.filter(null, true);
    if (filter === null) return this.fail("expected a filter");
    return { type: "filterBlock", filter, body: this.#block(["endfilter"]) };
  }

  #signature(): Signature {
    const signature: Signature = { names: [], defaults: [] };
    this.expect("(");
    while (!this.is(")")) {
      if (signature.names.length > 0) this.expect(",");
      const name = this.expect("name").value;
      if (this.skip("=")) signature.defaults.push(this.expression());
      else if (signature.defaults.length > 0) this.fail("non-default argument follows default argument");
      signature.names.push(name);
    }
    this.expect(")");
    return signature;
  }

  #macro(): Statement {
    const name = this.expect("name").value;
    return { type: "macro", name, signature: this.#signature(), body: this.#block(["endmacro"]) };
  }

  #call(line: number): Statement {
    const signature = this.is("(") ? this.#signature() : { names: [], defaults: [] };
    const call = this.expression();
    if (call.type !== "call") return this.fail("expected call", line);
    return { type: "callBlock", call, signature, body: this.#block(["endcall"]) };
  }

  #namedBlock(): Statement {
    const { value } = this.expect("name");
    this.skipWord("scoped");
    this.skipWord("required");
    if (this.is("-")) {
      this.fail(
        "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.",
      );
    }
    const body = this.#block(["endblock"]);
    this.skipWord(value);
    return { type: "scope", body };
  }

  #autoescape(): Statement {
    this.expression();
    return { type: "scope", body: this.#block(["endautoescape"]) };
  }

  /** Includes and imports are parsed, but no other template exists. */
  #otherTemplate(word?: string): Statement {
    this.expression();
    if (word !== undefined) {
      this.expectWord(word);
      this.expect("name");
    }
    while (!this.is("block_end") && !this.is("eof")) this.advance();
    return { type: "otherTemplate" };
  }

  #target(withNamespace: boolean): Target {
    const { line } = this.current;
    const namespaces = new Map<Expression, Target>();
    const read = (): Expression => {
      const node = this.primary();
      if (!withNamespace || node.type !== "name" || !this.skip(".")) return node;
      namespaces.set(node, { type: "namespace", name: node.name, attribute: this.expect("name").value });
      return node;
    };
    const toTarget = (node: Expression): Target => {
      if (node.type === "tuple") return { type: "targets", items: node.items.map(toTarget) };
      if (node.type !== "name") return this.fail(`can't assign to ${textRepr(node.type)}`, line);
      return namespaces.get(node) ?? { type: "name", name: node.name };
    };
    return toTarget(this.tuple({ read }));
  }
}

export type Parsed = { ok: true; template: Template } | { ok: false; message: string; line: number };

/** Parses a template and checks its loops; unknown filters and tests are reported when it is rendered. */
export function parseTemplate(source: string): Parsed {
  try {
    const template = new TemplateParser(source).template();
    const message = loopFault(template);
    return message === undefined ? { ok: true, template } : { ok: false, message, line: 0 };
  } catch (error) {
    if (error instanceof SyntaxFault) return { ok: false, message: error.message, line: error.line };
    // The engine's own limit of the stack, or of a regular expression.
    if (error instanceof RangeError) return { ok: false, message: "the template is too large", line: 0 };
    throw error;
  }
}

function loopFault({ loops, loopDepth }: Template): string | undefined {
  if (loops > MAX_LOOPS) return `Contains ${loops} for loops. Templates can contain no more than ${MAX_LOOPS} for loops.`;
  if (loopDepth <= MAX_LOOP_DEPTH) return undefined;
  return `Contains nested for loops at a depth of ${loopDepth}. Templates can nest for loops no more than ${MAX_LOOP_DEPTH} loops deep.`;
}
