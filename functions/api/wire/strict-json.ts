import type { Rejection } from "../../../shared/core/errors.ts";
import { pointerOf, shortened } from "../../runtime/pointer.ts";
import { numberFault } from "./number-literal.ts";

export interface JsonBounds {
  /** Objects and arrays inside each other. */
  readonly depthMax: number;
  /** Of all objects together. */
  readonly keysMax: number;
}

export type StrictJson =
  | { readonly outcome: "parsed"; readonly value: unknown }
  | { readonly outcome: "rejected"; readonly rejection: Rejection };

/**
 * Parses JSON that means the same to everyone: refuses duplicate keys, keys that reach into
 * prototypes, numbers that would change, texts that are not Unicode, and shapes beyond the bounds.
 */
export function parseStrictJson(text: string, bounds: JsonBounds): StrictJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { outcome: "rejected", rejection: syntaxRejection(text, error) };
  }
  const rejection = new Inspection(text, bounds).run();
  return rejection === undefined
    ? { outcome: "parsed", value }
    : { outcome: "rejected", rejection };
}

function syntaxRejection(text: string, error: unknown): Rejection {
  if (text.trim() === "") {
    return {
      code: "malformed_json",
      detail: "the body is empty",
      suggestion: "send a JSON object",
    };
  }
  // The parser's own message quotes the body, so only its position is used.
  const found = /position (\d+)/.exec(error instanceof Error ? error.message : "");
  return {
    code: "malformed_json",
    detail: `the body is not valid JSON at ${placeOf(text, Number(found?.[1] ?? text.length))}`,
  };
}

function placeOf(text: string, position: number): string {
  const before = text.slice(0, position);
  const line = before.split("\n").length;
  return `line ${line}, column ${position - before.lastIndexOf("\n")}`;
}

const quote = 0x22;
const backslash = 0x5c;
/** Objects with more keys than this look them up in a set. */
const keysComparedMax = 12;
/** Decimal digits that a 64-bit float always keeps. */
const digitsSafe = 15;

/** One pass over a text that is known to be JSON, so that nothing here checks the syntax again. */
class Inspection {
  readonly #text: string;
  readonly #bounds: JsonBounds;
  readonly #escapes: boolean;
  #at = 0;
  #depth = 0;
  #keyCount = 0;
  /** By depth: where the open object's keys begin in `#keys`, or -1 for an array. */
  readonly #keysFrom: number[] = [-1];
  /** By depth: the array's present index. */
  readonly #index: number[] = [0];
  readonly #sets: (Set<string> | undefined)[] = [];
  /** The keys of all open objects, outermost first. */
  readonly #keys: string[] = [];

  constructor(text: string, bounds: JsonBounds) {
    this.#text = text;
    this.#bounds = bounds;
    this.#escapes = text.includes("\\");
  }

  run(): Rejection | undefined {
    const text = this.#text;
    const { length } = text;
    let awaitsKey = false;
    let fault: Rejection | undefined;
    while (this.#at < length && fault === undefined) {
      const code = text.charCodeAt(this.#at);
      switch (code) {
        case quote:
          fault = awaitsKey ? this.#key() : this.#string();
          awaitsKey = false;
          break;
        case 0x2c: // ,
          awaitsKey = (this.#keysFrom[this.#depth] ?? -1) >= 0;
          if (!awaitsKey) this.#index[this.#depth] = (this.#index[this.#depth] ?? 0) + 1;
          this.#at += 1;
          break;
        case 0x7b: // {
          fault = this.#open(this.#keys.length);
          awaitsKey = true;
          break;
        case 0x5b: // [
          fault = this.#open(-1);
          awaitsKey = false;
          break;
        case 0x7d: // }
        case 0x5d: // ]
          this.#close();
          awaitsKey = false;
          break;
        default:
          if (code === 0x2d || (code >= 0x30 && code <= 0x39)) fault = this.#number();
          else this.#at += 1;
      }
    }
    return fault;
  }

  #open(keysFrom: number): Rejection | undefined {
    if (this.#depth >= this.#bounds.depthMax) {
      return this.#fault(`is nested deeper than ${this.#bounds.depthMax} levels`);
    }
    this.#depth += 1;
    this.#keysFrom[this.#depth] = keysFrom;
    this.#index[this.#depth] = 0;
    this.#at += 1;
    return undefined;
  }

  #close(): void {
    const keysFrom = this.#keysFrom[this.#depth] ?? -1;
    if (keysFrom >= 0) {
      this.#keys.length = keysFrom;
      this.#sets[this.#depth] = undefined;
    }
    this.#depth -= 1;
    this.#at += 1;
  }

  #key(): Rejection | undefined {
    const start = this.#at + 1;
    const fault = this.#string();
    if (fault !== undefined) return fault;
    const raw = this.#text.slice(start, this.#at - 1);
    const key = this.#escapes && raw.includes("\\") ? unescaped(raw) : raw;
    const repeated = this.#isRepeated(key);
    this.#keys.push(key);
    this.#keyCount += 1;
    if (repeated) return this.#fault("is given twice in the same object", start - 1);
    if (isForbiddenKey(key)) {
      return this.#fault("is a name that JavaScript objects reserve", start - 1);
    }
    if (this.#keyCount > this.#bounds.keysMax) {
      return this.#fault(`is one key too many; at most ${this.#bounds.keysMax} are possible`);
    }
    return undefined;
  }

  #isRepeated(key: string): boolean {
    const from = this.#keysFrom[this.#depth] ?? 0;
    const count = this.#keys.length - from;
    if (count <= keysComparedMax) {
      for (let i = from; i < this.#keys.length; i++) if (this.#keys[i] === key) return true;
      return false;
    }
    let set = this.#sets[this.#depth];
    if (set === undefined) {
      set = new Set(this.#keys.slice(from));
      this.#sets[this.#depth] = set;
    }
    if (set.has(key)) return true;
    set.add(key);
    return false;
  }

  /** Moves behind the string that begins here. */
  #string(): Rejection | undefined {
    const text = this.#text;
    if (!this.#escapes) {
      this.#at = text.indexOf('"', this.#at + 1) + 1;
      return undefined;
    }
    let at = this.#at + 1;
    for (let code = text.charCodeAt(at); code !== quote; code = text.charCodeAt(at)) {
      if (code !== backslash) at += 1;
      else if (text.charCodeAt(at + 1) !== 0x75) at += 2;
      else {
        const units = surrogateUnits(text, at);
        if (units === 0) {
          this.#at = at;
          return this.#fault("has half of a surrogate pair, which is not a character");
        }
        at += 6 * units;
      }
    }
    this.#at = at + 1;
    return undefined;
  }

  #number(): Rejection | undefined {
    const text = this.#text;
    const start = this.#at;
    let end = start;
    let digits = 0;
    let hasExponent = false;
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code >= 0x30 && code <= 0x39) digits += 1;
      else if (code === 0x65 || code === 0x45) hasExponent = true;
      else if (code !== 0x2e && code !== 0x2d && code !== 0x2b) break;
    }
    this.#at = end;
    if (digits <= digitsSafe && !hasExponent) return undefined;
    const literal = text.slice(start, end);
    const fault = numberFault(literal);
    if (fault === undefined) return undefined;
    return {
      ...this.#fault(`${fault}: ${shortened(literal, 40)}`, start),
      suggestion: "send it as a text",
    };
  }

  #fault(what: string, position = this.#at): Rejection {
    const pointer = pointerOf(this.#path());
    const subject = pointer === "" ? "the body" : pointer;
    return {
      code: "malformed_json",
      detail: `${shortened(subject, 200)} ${what} (${placeOf(this.#text, position)})`,
      pointer,
    };
  }

  /** Keys and indexes from the outermost value to the present one. */
  #path(): readonly (string | number)[] {
    const path: (string | number)[] = [];
    for (let depth = 1; depth <= this.#depth; depth++) {
      const from = this.#keysFrom[depth] ?? -1;
      if (from < 0) {
        path.push(this.#index[depth] ?? 0);
        continue;
      }
      // The newest key of this object is the last one before the next inner object's keys.
      const inner = this.#keysFrom.slice(depth + 1, this.#depth + 1).find((next) => next >= 0);
      const key = this.#keys[(inner ?? this.#keys.length) - 1];
      if (key !== undefined && (inner ?? this.#keys.length) > from) path.push(key);
    }
    return path;
  }
}

function isForbiddenKey(key: string): boolean {
  if (key.length !== 9 && key.length !== 11) return false;
  return key === "__proto__" || key === "prototype" || key === "constructor";
}

function unescaped(raw: string): string {
  // Part of a text that was parsed before, so it is a valid string.
  return String(JSON.parse(`"${raw}"`));
}

/** How many \u escapes beginning at `at` make one character: 1, 2 for a pair, 0 for half of one. */
function surrogateUnits(text: string, at: number): 0 | 1 | 2 {
  const unit = Number.parseInt(text.slice(at + 2, at + 6), 16);
  if (unit < 0xd800 || unit > 0xdfff) return 1;
  if (unit >= 0xdc00 || text.slice(at + 6, at + 8) !== "\\u") return 0;
  const next = Number.parseInt(text.slice(at + 8, at + 12), 16);
  return next >= 0xdc00 && next <= 0xdfff ? 2 : 0;
}
