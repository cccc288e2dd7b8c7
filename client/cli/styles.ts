import type { InstanceState } from "../../shared/instance/moves.ts";

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
} as const;
export type Style = keyof typeof codes;
export type Paint = (style: Style, text: string) => string;

/** Paints where there are colours, and leaves the text alone where there are none. */
export function paintWith(colours: boolean): Paint {
  if (!colours) return (_style, text) => text;
  return (style, text) => {
    const [on, off] = codes[style];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}

/** A state that is new in the core does not compile until it has a colour here. */
export const styleOfState: Readonly<Record<InstanceState, Style>> = {
  pending: "yellow",
  dispatched: "blue",
  running: "cyan",
  succeeded: "green",
  failed: "red",
  cancelled: "dim",
  timed_out: "red",
  expired: "red",
};

/**
 * Text from elsewhere made safe for a terminal: tasks name, print and throw what they like, and an
 * escape sequence could rewrite the screen. With `lines` line feeds and tabs stay.
 */
export function plainText(text: string, lines = false): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point.
    /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => {
      if (lines && (character === "\n" || character === "\t")) return character;
      if (character === "\r" && lines) return "";
      if (character === "\n" || character === "\t" || character === "\r") return " ";
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
    },
  );
}
