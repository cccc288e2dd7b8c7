import type { JsonArray, JsonObject, JsonValue } from "../core/json.ts";
import { limits } from "../core/limits.ts";
import { valueAt } from "./path.ts";
import { type Placeholder, parsePlaceholder } from "./placeholder.ts";

/** A JSON value with placeholders, ready to be filled in. */
export interface Template {
  readonly root: TemplateNode;
}

type TemplateNode =
  | { readonly kind: "literal"; readonly value: JsonValue }
  | { readonly kind: "value"; readonly placeholder: Placeholder }
  | { readonly kind: "text"; readonly parts: readonly (string | Placeholder)[] }
  | { readonly kind: "list"; readonly items: readonly TemplateNode[] }
  | { readonly kind: "object"; readonly fields: readonly (readonly [string, TemplateNode])[] };

/** One thing that is wrong with a template. */
export interface TemplateError {
  /** JSON pointer to the text, from the template's own root. */
  readonly pointer: string;
  /** Character of that text, from 0. */
  readonly position: number;
  readonly message: string;
  readonly suggestion?: string;
}

export interface TemplateErrors {
  readonly errors: readonly [TemplateError, ...TemplateError[]];
}

export function isTemplateErrors(result: Template | TemplateErrors): result is TemplateErrors {
  return "errors" in result;
}

/**
 * Reads a template. A text that is one placeholder becomes the value itself, with its type; inside a
 * longer text a placeholder becomes text. `\{{` stands for braces that are meant. Nothing is evaluated.
 */
export function compileTemplate(
  json: JsonValue,
  roots: readonly string[],
): Template | TemplateErrors {
  const chars = JSON.stringify(json).length;
  if (chars > limits.templateCharsMax) {
    const message = `the template has ${chars} characters, at most ${limits.templateCharsMax} are possible`;
    return { errors: [{ pointer: "", position: 0, message }] };
  }
  const reader = new TemplateReader(roots);
  const root = reader.read(json, "");
  const [first, ...more] = reader.errors;
  return first === undefined ? { root } : { errors: [first, ...more] };
}

class TemplateReader {
  readonly errors: TemplateError[] = [];
  readonly #roots: readonly string[];
  #placeholders = 0;

  constructor(roots: readonly string[]) {
    this.#roots = roots;
  }

  read(json: JsonValue, pointer: string): TemplateNode {
    if (typeof json === "string") return this.#readText(json, pointer);
    if (typeof json !== "object" || json === null) return { kind: "literal", value: json };
    if (Array.isArray(json)) {
      const list: JsonArray = json;
      const items = list.map((item, index) => this.read(item, `${pointer}/${index}`));
      return items.every(isLiteral) ? { kind: "literal", value: json } : { kind: "list", items };
    }
    const fields = Object.entries(json as JsonObject).map(([key, value]) => {
      const at = `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      if (key.includes("{{")) {
        this.#complain(at, 0, "a field's name cannot hold a placeholder");
      }
      return [key, this.read(value, at)] as const;
    });
    const plain = fields.every(([, node]) => isLiteral(node));
    return plain ? { kind: "literal", value: json } : { kind: "object", fields };
  }

  #readText(text: string, pointer: string): TemplateNode {
    const parts: (string | Placeholder)[] = [];
    let from = 0;
    for (let at = text.indexOf("{{"); at >= 0; at = text.indexOf("{{", from)) {
      const slashes = backslashesBefore(text, at, from);
      const before = text.slice(from, at - slashes) + "\\".repeat(Math.floor(slashes / 2));
      if (slashes % 2 === 1) {
        parts.push(`${before}{{`);
        from = at + 2;
        continue;
      }
      if (before !== "") parts.push(before);
      const end = endOfPlaceholder(text, at + 2);
      if (end < 0) {
        this.#complain(
          pointer,
          at,
          'has "{{" without "}}"',
          "write \\{{ for braces that are meant",
        );
        return { kind: "literal", value: text };
      }
      const placeholder = this.#readPlaceholder(text.slice(at + 2, end), pointer, at + 2);
      if (placeholder !== undefined) parts.push(placeholder);
      from = end + 2;
    }
    if (parts.length === 0) return { kind: "literal", value: text };
    if (from < text.length) parts.push(text.slice(from));
    const [only] = parts;
    if (parts.length === 1 && typeof only === "object") return { kind: "value", placeholder: only };
    return parts.every((part) => typeof part === "string")
      ? { kind: "literal", value: parts.join("") }
      : { kind: "text", parts };
  }

  #readPlaceholder(inside: string, pointer: string, at: number): Placeholder | undefined {
    this.#placeholders += 1;
    const most = limits.templatePlaceholdersMax;
    if (this.#placeholders > most) {
      this.#complain(pointer, at, `is one placeholder too many; at most ${most} are possible`);
      return undefined;
    }
    const parsed = parsePlaceholder(inside, this.#roots);
    if ("placeholder" in parsed) return parsed.placeholder;
    const { mistake } = parsed;
    this.#complain(
      pointer,
      at + mistake.at,
      `{{${inside}}} ${mistake.message}`,
      mistake.suggestion,
    );
    return undefined;
  }

  #complain(pointer: string, position: number, message: string, suggestion?: string): void {
    const error = { pointer, position, message };
    this.errors.push(suggestion === undefined ? error : { ...error, suggestion });
  }
}

function isLiteral(node: TemplateNode): boolean {
  return node.kind === "literal" && !(typeof node.value === "string" && node.value.includes("{{"));
}

function backslashesBefore(text: string, at: number, from: number): number {
  let count = 0;
  while (at - count > from && text[at - count - 1] === "\\") count += 1;
  return count;
}

/** Braces inside of quotes are part of what is quoted. */
function endOfPlaceholder(text: string, from: number): number {
  let isQuoted = false;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "'") isQuoted = !isQuoted;
    else if (!isQuoted && text.startsWith("}}", at)) return at;
  }
  return -1;
}

/**
 * The template with the values of the context, which has one field for each root. What is absent is
 * null where it stands alone, and nothing inside a text.
 */
export function renderTemplate(template: Template, context: JsonObject): JsonValue {
  return render(template.root, context);
}

function render(node: TemplateNode, context: JsonObject): JsonValue {
  switch (node.kind) {
    case "literal":
      return node.value;
    case "value":
      return filledBy(node.placeholder, context);
    case "text":
      return node.parts
        .map((part) => (typeof part === "string" ? part : textOf(filledBy(part, context))))
        .join("");
    case "list":
      return node.items.map((item) => render(item, context));
    case "object":
      return Object.fromEntries(node.fields.map(([key, value]) => [key, render(value, context)]));
  }
}

function filledBy({ path, fallback }: Placeholder, context: JsonObject): JsonValue {
  return valueAt(context, path) ?? fallback ?? null;
}

function textOf(value: JsonValue): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
