import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../../shared/core/json.ts";
import { limits } from "../../../shared/core/limits.ts";
import {
  compileTemplate,
  isTemplateErrors,
  renderTemplate,
  type TemplateError,
} from "../../../shared/template/template.ts";

const event = {
  id: "e-1",
  "detail-type": "Order Placed",
  detail: {
    n: 7,
    zero: 0,
    yes: true,
    none: null,
    empty: "",
    items: [{ sku: "a" }, { sku: "b" }],
    "odd name": "kept",
    "it's": "quoted",
  },
};

function render(template: JsonValue): JsonValue {
  const compiled = compileTemplate(template, ["event", "trigger"]);
  if (isTemplateErrors(compiled)) throw new Error(JSON.stringify(compiled.errors));
  return renderTemplate(compiled, { event, trigger: { name: "t" } });
}

function errorsOf(template: JsonValue): readonly TemplateError[] {
  const compiled = compileTemplate(template, ["event", "trigger"]);
  if (!isTemplateErrors(compiled)) throw new Error("it is a template");
  return compiled.errors;
}

describe("a template", () => {
  it.each<[string, JsonValue, JsonValue]>([
    ["keeps what has no placeholders", { a: [1, null, "x"] }, { a: [1, null, "x"] }],
    ["keeps a number a number", "{{event.detail.n}}", 7],
    ["keeps a boolean a boolean", "{{ event.detail.yes }}", true],
    ["takes a whole object", "{{event.detail.items[1]}}", { sku: "b" }],
    ["takes the whole root", ["{{trigger}}"], [{ name: "t" }]],
    ["makes text inside a text", "n={{event.detail.n}}, {{event.detail.yes}}", "n=7, true"],
    ["writes objects inside a text as JSON", "got {{event.detail.items[0]}}", 'got {"sku":"a"}'],
    ["finds names with hyphens", "{{event.detail-type}}", "Order Placed"],
    ["finds names with spaces", "{{event.detail['odd name']}}", "kept"],
    ["finds names with quotes", "{{event.detail['it''s']}}", "quoted"],
    ["is null where nothing is", "{{event.detail.missing.deeper}}", null],
    ["is empty inside a text where nothing is", "<{{event.detail.missing}}>", "<>"],
    ["is empty inside a text for null", "<{{event.detail.none}}>", "<>"],
    ["takes the default for what is absent", "{{event.nope | default 'x'}}", "x"],
    ["takes the default for null", "{{event.detail.none | default 5}}", 5],
    ["takes no default for an empty text", "{{event.detail.empty | default 'x'}}", ""],
    ["takes no default for zero", "{{event.detail.zero | default 9}}", 0],
    ["has quotes and braces in defaults", "{{event.a | default 'it''s }} | so'}}", "it's }} | so"],
    ["has booleans as defaults", "{{event.a | default false}}", false],
    ["keeps escaped braces", "\\{{event.id}}", "{{event.id}}"],
    ["keeps an escaped backslash before a value", "\\\\{{event.id}}", "\\e-1"],
    ["keeps escaped braces inside of objects", { a: { b: "\\{{x" } }, { a: { b: "{{x" } }],
    ["keeps lonely braces", "} {a} }}", "} {a} }}"],
    ["takes places of lists by name, too", "{{event.detail.items.0.sku}}", "a"],
    ["finds no length of a list", "{{event.detail.items.length}}", null],
    ["finds no field in a text", "{{event.id.length}}", null],
    ["finds nothing inherited", "{{event.constructor}}", null],
    ["finds no prototype", "{{event.__proto__}}", null],
    ["keeps the order and all fields", { b: "{{event.id}}", a: 1 }, { b: "e-1", a: 1 }],
  ])("%s", (_, template, expected) => {
    expect(render(template)).toEqual(expected);
  });

  it.each<[string, JsonValue, Partial<TemplateError>]>([
    ["an unknown root", "{{evnt.id}}", { position: 2, suggestion: 'did you mean "event"?' }],
    ["a root far from any", { a: ["x {{secret}}"] }, { pointer: "/a/0", position: 4 }],
    ["an empty placeholder", "{{ }}", { position: 3 }],
    ["an open placeholder", "abc {{event.id", { position: 4 }],
    ["a call", "{{event.detail.toString()}}", { position: 23 }],
    ["arithmetic", "{{event.n + 1}}", { position: 9 }],
    ["a filter there is not", "{{event.id | upper}}", { position: 12 }],
    ["a default without a value", "{{event.id | default}}", { position: 12 }],
    ["a place that is no number", "{{event.items[x]}}", { position: 13 }],
    ["a placeholder in a field's name", { "{{event.id}}": 1 }, { pointer: "/{{event.id}}" }],
    ["names with slashes in pointers", { "a/b~": "{{x}}" }, { pointer: "/a~1b~0" }],
  ])("refuses %s and says where", (_, template, expected) => {
    expect(errorsOf(template)[0]).toMatchObject(expected);
  });

  it("names every mistake", () => {
    expect(errorsOf({ a: "{{x}} {{y}}", b: "{{" }).map(({ pointer }) => pointer)).toEqual([
      "/a",
      "/a",
      "/b",
    ]);
  });

  it("is refused beyond its bounds", () => {
    expect(errorsOf("x".repeat(limits.templateCharsMax))[0]?.message).toContain("characters");
    const many = Array.from({ length: limits.templatePlaceholdersMax + 1 }, () => "{{event}}");
    expect(errorsOf(many)[0]?.message).toContain("too many");
    expect(isTemplateErrors(compileTemplate(many.slice(1), ["event"]))).toBe(false);
  });

  it("makes no field that reaches a prototype", () => {
    const template = JSON.parse('{"__proto__": "{{event.id}}", "a": 1}') as JsonValue;
    const rendered = render(template);
    expect(Object.getPrototypeOf(rendered)).toBe(Object.prototype);
    expect(Object.hasOwn(rendered as object, "__proto__")).toBe(true);
  });
});
