import * as z from "zod";
import { limits } from "./limits.ts";

const encoder = new TextEncoder();

/** Length in UTF-8 bytes: what stores and wires count, whatever the characters. */
export function utf8Bytes(text: string): number {
  // Every UTF-16 unit is one to three UTF-8 bytes; count exactly only when it can matter.
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) return encoder.encode(text).length;
  }
  return text.length;
}

/** Cuts a text to a number of UTF-8 bytes without splitting a character. */
export function truncateUtf8(text: string, bytesMax: number): string {
  if (utf8Bytes(text) <= bytesMax) return text;
  const mark = "… [truncated]";
  const bytes = encoder.encode(text).subarray(0, Math.max(0, bytesMax - utf8Bytes(mark)));
  return new TextDecoder().decode(bytes).replace(/\uFFFD+$/u, "") + mark;
}

// C0 controls without tab and line feed, C1 controls, and characters no UTF-8 or XML carrier takes.
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is the point.
const forbiddenInText = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u2028\u2029\uFFFE\uFFFF]/;

/** Human text of bounded size, without control characters. */
export function boundedText(bytesMax: number) {
  return z
    .string()
    .refine((text) => utf8Bytes(text) <= bytesMax, `must be at most ${bytesMax} bytes of UTF-8`)
    .refine((text) => !forbiddenInText.test(text), "must not contain control characters");
}

/** Names that become parts of keys, URLs and metric dimensions. */
export const Name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
    `must be 1 to ${limits.nameCharsMax} letters, digits, "-" or "_", starting with a letter or digit`,
  );
export type Name = z.infer<typeof Name>;

/** Opaque text from clients used as an identity: printable ASCII, so that look-alikes cannot differ. */
export const IdempotencyKey = z
  .string()
  .regex(
    /^[\x21-\x7E]{1,256}$/,
    `must be 1 to ${limits.idempotencyKeyCharsMax} printable ASCII characters without spaces`,
  );

const tagKeyPattern = /^(?!aws:)[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}$/i;

export const Tags = z
  .record(
    z
      .string()
      .regex(
        tagKeyPattern,
        `must be 1 to ${limits.tagKeyCharsMax} letters, digits or _.:/- and must not start with "aws:"`,
      ),
    boundedText(limits.tagValueBytesMax),
  )
  .refine(
    (tags) => Object.keys(tags).length <= limits.tagsMax,
    `must have at most ${limits.tagsMax} tags`,
  );
export type Tags = z.infer<typeof Tags>;
