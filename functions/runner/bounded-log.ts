import { Buffer } from "node:buffer";
import type { LogPiece } from "./protocol.ts";

/**
 * One attempt's output, bounded: the first bytes are handed on as they come, of the rest only the
 * newest are kept, and what fell between is counted.
 */
export class BoundedLog {
  #headRoom: number;
  readonly #tailBytesMax: number;
  #head = "";
  #tail = "";
  #tailBytes = 0;
  #cutBytes = 0;
  #tailChanged = false;

  constructor(headBytesMax: number, tailBytesMax: number) {
    this.#headRoom = headBytesMax;
    this.#tailBytesMax = tailBytesMax;
  }

  /** True once not everything is handed on as it comes. */
  get overflows(): boolean {
    return this.#tailBytes > 0;
  }

  append(text: string): void {
    const bytes = Buffer.byteLength(text);
    if (bytes <= this.#headRoom) {
      this.#head += text;
      this.#headRoom -= bytes;
      return;
    }
    const first = firstBytes(text, this.#headRoom);
    this.#head += first;
    this.#headRoom = 0;
    const rest = text.slice(first.length);
    this.#tail += rest;
    this.#tailBytes += Buffer.byteLength(rest);
    this.#tailChanged = true;
    // Trimming only at twice the bound keeps the cost per byte constant.
    if (this.#tailBytes > 2 * this.#tailBytesMax) this.#trimTail();
  }

  /** What is new since the last call; undefined when nothing is. */
  take(): LogPiece | undefined {
    if (this.#head === "" && !this.#tailChanged) return undefined;
    const head = this.#head;
    this.#head = "";
    if (!this.#tailChanged) return { head };
    this.#tailChanged = false;
    this.#trimTail();
    return {
      ...(head === "" ? {} : { head }),
      tail: this.#tail,
      cutBytes: this.#cutBytes,
    };
  }

  #trimTail(): void {
    if (this.#tailBytes <= this.#tailBytesMax) return;
    const kept = lastBytes(this.#tail, this.#tailBytesMax);
    const keptBytes = Buffer.byteLength(kept);
    this.#cutBytes += this.#tailBytes - keptBytes;
    this.#tail = kept;
    this.#tailBytes = keptBytes;
  }
}

/** The longest start of the text that fits, ending between characters. */
export function firstBytes(text: string, bytesMax: number): string {
  // No character needs fewer bytes than it has UTF-16 units, so this much always suffices.
  let end = Math.min(text.length, bytesMax);
  let bytes = Buffer.byteLength(text.slice(0, end));
  while (bytes > bytesMax) {
    end -= Math.max(1, Math.floor((bytes - bytesMax) / 3));
    bytes = Buffer.byteLength(text.slice(0, end));
  }
  return splitsPair(text, end) ? text.slice(0, end - 1) : text.slice(0, end);
}

/** The longest end of the text that fits, beginning between characters. */
export function lastBytes(text: string, bytesMax: number): string {
  let start = Math.max(0, text.length - bytesMax);
  let bytes = Buffer.byteLength(text.slice(start));
  while (bytes > bytesMax) {
    start += Math.max(1, Math.floor((bytes - bytesMax) / 3));
    bytes = Buffer.byteLength(text.slice(start));
  }
  return splitsPair(text, start) ? text.slice(start + 1) : text.slice(start);
}

/** True when the place lies between the two halves of one character. */
function splitsPair(text: string, place: number): boolean {
  const before = text.charCodeAt(place - 1);
  const after = text.charCodeAt(place);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}
