import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseTemplate } from "../../../src/lib/jinja/parse.ts";
import { maybeTemplate, renderTemplate } from "../../../src/lib/jinja/render.ts";
import { Callable, fromJson, Host, type Value } from "../../../src/lib/jinja/values.ts";
import { isJsonObject, parseJson } from "../../../src/lib/json.ts";

// The fixture holds what Jinja 3.1, sandboxed and configured as in the reference server, makes of each template.
type Case = { template: string; text?: string; failure?: string; syntax?: [string, number] };
const fixture = (name: string): string => readFileSync(join(import.meta.dirname, `fixtures/${name}.json`), "utf8");
const cases: Case[] = JSON.parse(fixture("jinja"));
const json = parseJson(fixture("jinja-context"));
const context = new Map<string, Value>(
  isJsonObject(json) ? Object.entries(json).map(([name, value]) => [name, fromJson(value)]) : [],
);

const textOf = (source: string, values: [string, Value][] = []): string => {
  const rendered = renderTemplate(source, { context: new Map(values) });
  return rendered.ok ? rendered.text : rendered.message;
};

describe("templates", () => {
  it.each(cases)("are read and rendered as by Jinja: $template", ({ template, text, failure, syntax }) => {
    const parsed = parseTemplate(template);
    if (syntax !== undefined) {
      expect(parsed).toEqual({ ok: false, message: syntax[0], line: syntax[1] });
      if (maybeTemplate(template)) expect(renderTemplate(template)).toEqual({ ok: false, message: syntax[0] });
      return;
    }
    expect(parsed.ok).toBe(true);
    expect(renderTemplate(template, { context })).toEqual(
      failure === undefined ? { ok: true, text } : { ok: false, message: failure },
    );
  });

  // What Jinja 3.1 makes of the values that Python reads from this JSON text.
  const floats = parseJson(
    '{"two":2.0,"k":1e3,"m":-0.0,"b":1e16,"g":1e22,"l":[1.0,2],"n":2,"d":{"x":4.0},"huge":9007199254740993.0}',
  );
  it.each([
    ["{{ two }}", "2.0"],
    ["{{ k }} {{ m }} {{ b }} {{ g }} {{ huge }}", "1000.0 -0.0 1e+16 1e+22 9007199254740992.0"],
    ["{{ l }} {{ d }}", "[1.0, 2] {'x': 4.0}"],
    ["{{ two + n }} {{ two * n }} {{ two // 1 }} {{ n / two }} {{ two ** n }}", "4.0 4.0 2.0 1.0 4.0"],
    ["{{ two == n }} {{ two in [2] }} {{ l|sum }}", "True True 3.0"],
    ["{{ two|int }} {{ n|float }} {{ two|string }} {{ two|round }} {{ '%s' % two }} {{ '%d' % two }}", "2 2.0 2.0 2.0 2.0 2"],
    [
      "{{ two|tojson }} {{ d|tojson }} {{ l|tojson }} {{ b|tojson }} {{ (n / 2)|tojson }} {{ m|tojson }}",
      '2.0 {"x": 4.0} [1.0, 2] 1e+16 1.0 -0.0',
    ],
    ["{{ two is float }} {{ two is integer }} {{ n is float }} {{ two is number }}", "True False False True"],
    ["{{ l[0] }} {{ l|join(',') }} {{ l|first|abs }}", "1.0 1.0,2 1.0"],
    ["{{ {2.0: 'a'}[n] }} {{ range(two|int)|list }}", "a [0, 1]"],
  ])("print floats of JSON as floats: %s", (template, text) => {
    expect(
      textOf(template, isJsonObject(floats) ? Object.entries(floats).map(([name, value]) => [name, fromJson(value)]) : []),
    ).toBe(text);
  });

  it("end when they loop without end or grow without end", () => {
    const many = fromJson(Array.from({ length: 3000 }, (_, index) => index));
    expect(textOf("{% for a in l %}{% for b in l %}{{ a }}{% endfor %}{% endfor %}", [["l", many]])).toContain("too many steps");
    expect(textOf("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")).toContain("RecursionError");
    expect(textOf("{{ 9**999999 }}")).toContain("OverflowError");
    expect(textOf("{{ 'x' * 10**9 }}")).toContain("OverflowError");
    expect(textOf(`{{ ${"1 + ".repeat(5000)}1 }}`)).toContain("RecursionError");
    expect(parseTemplate(`{{ ${"(".repeat(5000)} }}`)).toMatchObject({ ok: false });
    expect(parseTemplate(`{{ ${"not ".repeat(5000)}x }}`)).toMatchObject({ ok: false });
    expect(parseTemplate("{% if x %}".repeat(5000))).toMatchObject({ ok: false });
  });

  it("reach nothing of the engine", () => {
    for (const name of ["constructor", "__proto__", "prototype", "toString", "hasOwnProperty", "valueOf"]) {
      expect(
        textOf(
          `{{ ''.${name} }}{{ {}.${name} }}{{ [].${name} }}{{ loop.${name} }}{{ ${name} }}{{ {}['${name}'] }}{{ range.${name} }}`,
        ),
      ).toBe("");
      expect(textOf(`{% for x in [1] %}{{ loop.${name} }}{% endfor %}`)).toBe("");
    }
  });

  it("see objects of the host by their attributes, and print them by their text", () => {
    const flow = new Host({
      typeName: "Flow",
      text: "flow!",
      attribute: (name) => (name === "name" ? "etl" : undefined),
      json: { name: "etl" },
    });
    expect(textOf("{{ flow }} {{ flow.name }} {{ flow['name'] }}|{{ flow.other }} {{ flow | tojson }}", [["flow", flow]])).toBe(
      'flow! etl etl| {"name": "etl"}',
    );
    const hello = new Callable("hello", ({ positional }) => `hello ${String(positional[0])}`);
    expect(textOf("{{ hello('you') }}", [["hello", hello]])).toBe("hello you");
  });

  it("tell times from the given now", () => {
    const time = (micros: number) => new Host({ typeName: "datetime", text: "t", micros });
    const render = (source: string, micros: number) =>
      renderTemplate(source, { context: new Map([["t", time(micros)]]), now: 1_700_000_000_000_000 });
    expect(render("{{ t | humanize_naturaltime }}", 1_699_999_940_000_000)).toEqual({ ok: true, text: "a minute ago" });
    expect(render("{{ t | humanize_naturaltime }}", 1_700_003_600_000_000)).toEqual({ ok: true, text: "an hour from now" });
    expect(render("{{ t | humanize_naturalday }}", 1_700_086_400_000_000)).toEqual({ ok: true, text: "tomorrow" });
    expect(render("{{ t | humanize_naturaldate }}", 1_600_000_000_000_000)).toEqual({ ok: true, text: "Sep 13 2020" });
  });

  it("take more filters from the host", () => {
    const filters = new Map([["ui_url", (value: Value) => `https://ui/${String(value)}`]]);
    expect(renderTemplate("{{ 'x' | ui_url }}", { filters })).toEqual({ ok: true, text: "https://ui/x" });
  });
});
