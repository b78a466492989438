import { describe, expect, it } from "vitest";
import { hydrateParameters } from "../../../src/domain/parameters/placeholders.ts";
import { metered, templateBounds } from "../../../src/lib/jinja/meter.ts";
import { renderTemplate } from "../../../src/lib/jinja/render.ts";
import { fromJson } from "../../../src/lib/jinja/values.ts";

const million = 1_000_000;
const numbers = Array.from({ length: 300_000 }, (_, index) => index);
const context = new Map(
  Object.entries({
    blanks: " ".repeat(million),
    a: "a".repeat(million),
    half: "a".repeat(million / 2),
    less: "<".repeat(million),
    comments: "<!--".repeat(million / 4),
    zeros: `%${"0".repeat(million)}`,
    open: "%(".repeat(million / 2),
    numbers,
    digits: "9".repeat(million),
  }).map(([name, value]) => [name, fromJson(value)] as const),
);
const render = (source: string) => renderTemplate(source, { context });
const failure = (error: string) => ({ ok: false, message: `Failed to render template due to the following error: ${error}` });
const tooManySteps = failure("RuntimeError('the template takes too many steps')");
const tooLarge = failure("OverflowError('the result is too large')");
const tenThousand = (body: string) => `{% for i in range(100) %}{% for j in range(100) %}${body}{% endfor %}{% endfor %}`;
const grown = (start: string, step: string) =>
  `{% set ns = namespace(x=${start}) %}{% for i in range(100) %}{% set ns.x = ${step} %}{% endfor %}`;

describe("a template that makes too much fails as the templates' other errors do", () => {
  it.each([
    ["a text times a number", "{{ 'a' * 10**9 }}"],
    ["a list times a number", "{{ [1] * 10**9 }}"],
    ["a list doubled a hundred times", `${grown("[1]", "ns.x + ns.x")}{{ ns.x }}`],
    ["a text doubled with ~", grown("'a'", "ns.x ~ ns.x")],
    ["a text doubled with +", grown("'a'", "ns.x + ns.x")],
    ["a number squared a hundred times", grown("9**999", "ns.x * ns.x")],
    ["each letter replaced by a million", "{{ a|replace('a', a) }}"],
    ["a method that does the same", "{{ a.replace('a', a) }}"],
    ["between all letters", "{{ a.replace('', a) }}"],
    ["a join with a million letters", "{{ a|join(a) }}"],
    ["lines indented by a million letters", "{{ ('a\\n' * 400000)|indent(a) }}"],
    ["a row filled up", "{{ [1]|batch(10**9, 0)|list }}"],
  ])("%s", (_, source) => {
    expect(render(source)).toEqual(tooLarge);
  });
});

describe("a template that takes too long fails as the templates' other errors do", () => {
  it.each([
    ["a text stripped ten thousand times", tenThousand("{{ blanks.strip() }}")],
    ["lists in lists that are printed", `${grown("[1]", "[ns.x, ns.x]")}{{ ns.x }}`],
    [
      "lists in lists that are compared",
      `${grown("[1]", "[ns.x, ns.x]")}{% set a = ns.x %}${grown("[1]", "[ns.x, ns.x]")}{{ a == ns.x }}`,
    ],
    ["lists in lists as JSON", `${grown("[1]", "[ns.x, ns.x]")}{{ ns.x|tojson }}`],
    ["tuples in tuples as a key", `${grown("(1,)", "(ns.x, ns.x)")}{{ {ns.x: 1} }}`],
    ["divisions of long numbers", `{% set x = 9**31000 %}${tenThousand("{% set z = x * x // x %}")}`],
    ["a slice each time", tenThousand("{% set q = a[::-1] %}")],
    ["a million letters, formatted again and again", "{{ ('{0}' * 300000).format(a) }}"],
    ["a list searched for each of its items", "{% for x in numbers if x in numbers %}{{ x }}{% endfor %}"],
    ["a test over all of a list", "{{ numbers|select('in', numbers)|list }}"],
    ["a sum of lists", "{{ ([[1]] * 100000)|sum(start=[]) }}"],
    ["a loop with nothing in it", "{% for i in range(100) %}{% for x in numbers %}{% endfor %}{% endfor %}"],
  ])("%s", (_, source) => {
    expect([tooManySteps, tooLarge]).toContainEqual(render(source));
  });
});

describe("an operation on a long text is linear", () => {
  it.each([
    ["lstrip", "{{ blanks.lstrip()|length }}{{ (blanks ~ '')|trim(' ')|length }}", "00"],
    ["a search whose every start nearly fits", "{{ a.find('b' ~ half) }}{{ a.find(half ~ 'b') }}", "-1-1"],
    ["a split whose separator nearly fits", "{{ a.split(half ~ 'b')|length }}", "1"],
    ["tags that do not end", "{{ less|striptags|length }}", "1000000"],
    ["comments that do not end", "{{ comments|striptags|length }}", "1000000"],
    ["zeros that may be flags or width", "{{ (zeros % {})|length }}", "1000001"],
    ["names that do not end", "{{ (open % {})|length }}", "1000000"],
  ])("%s", (_, source, expected) => {
    const result = render(source);
    expect(result).toEqual({ ok: true, text: expected });
  });
});

it("a number of more digits than Python reads is none", () => {
  expect(render("{{ ('9' * 4301)|int }}")).toEqual({ ok: true, text: "0" });
  expect(render(`{{ ${"9".repeat(4301)} }}`)).toEqual({ ok: false, message: "Exceeds the limit (4300 digits)" });
  expect(render("{{ 9**5000 }}")).toEqual({
    ok: false,
    message: expect.stringContaining("ValueError('Exceeds the limit (4300 digits)"),
  });
});

it("what the engine itself refuses is the template's fault", () => {
  expect(render("{{ '%d' % ('inf'|float) }}")).toEqual(tooLarge);
});

it("a template nested too deeply is refused when it is read", () => {
  for (const source of ["1 if 0 else ".repeat(10_000), "(".repeat(10_000), "not ".repeat(10_000)])
    expect(render(`{{ ${source}1 }}`)).toEqual({ ok: false, message: "too many nested expressions" });
});

it("all templates of one request share what they may cost", () => {
  const placeholder = { __prefect_kind: "jinja", template: "{% set q = ('a' * 900000)|upper|lower|title %}" };
  const one = hydrateParameters({ parameters: { a: placeholder }, variables: new Map() });
  expect(one.ok).toBe(true);
  const many = hydrateParameters({ parameters: { a: Array(1000).fill(placeholder) }, variables: new Map() });
  expect(many).toMatchObject({ ok: false, kind: "InvalidJinja", message: expect.stringContaining("too many steps") });
  expect(hydrateParameters({ parameters: { a: placeholder }, variables: new Map() }).ok).toBe(true);
});

it("a real template of much data is far from the bounds", () => {
  const rows = fromJson(Array.from({ length: 2000 }, (_, id) => ({ id, name: `row ${id}`, tags: ["a", "b"] })));
  const source = "{% for row in rows %}{{ loop.index }}: {{ row.name|upper }} ({{ row.tags|join(', ') }})\n{% endfor %}";
  const result = metered(() => Array.from({ length: 3 }, () => renderTemplate(source, { context: new Map([["rows", rows]]) })));
  expect(result.every(({ ok }) => ok)).toBe(true);
  expect(templateBounds.text).toBeGreaterThan(500_000);
});
