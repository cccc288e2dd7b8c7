import { parseDurationMs, parseInstantMs } from "./durations.ts";
import { UsageError } from "./usage-error.ts";

/** The options of one command line, read as what they mean. */
export class OptionValues {
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly #nowMs: number;

  constructor(values: ReadonlyMap<string, readonly string[]>, nowMs: number) {
    this.#values = values;
    this.#nowMs = nowMs;
  }

  flag(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  wholeNumber(name: string, min: number, max: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const number = /^-?\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new UsageError(`--${name} takes a whole number from ${min} to ${max}, not "${text}"`);
  }

  durationMs(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : parseDurationMs(text, `--${name}`);
  }

  /** An ISO 8601 text; durations count from now in the direction given. */
  instant(name: string, direction: "ahead" | "ago"): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    return new Date(parseInstantMs(text, `--${name}`, this.#nowMs, direction)).toISOString();
  }

  /** `key=value` pairs, such as tags. */
  pairs(name: string): Readonly<Record<string, string>> | undefined {
    const texts = this.list(name);
    if (texts.length === 0) return undefined;
    return Object.fromEntries(
      texts.map((text) => {
        const at = text.indexOf("=");
        if (at <= 0) throw new UsageError(`--${name} takes key=value, and "${text}" is none`);
        return [text.slice(0, at), text.slice(at + 1)];
      }),
    );
  }
}
