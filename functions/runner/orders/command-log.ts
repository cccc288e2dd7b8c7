import { once } from "node:events";
import type { Readable } from "node:stream";
import { limits } from "../../../shared/core/limits.ts";
import { truncateUtf8 } from "../../../shared/core/texts.ts";
import { BoundedLog, lastBytes } from "../bounded-log.ts";

const lastWordsBytesMax = 2 * 1024;
const linesShown = 5;
/** What the program has started may hold its pipes open; they get this long to be read empty. */
const drainMsMax = 250;

/** What a program writes to both of its streams, bounded, in the order in which it arrives. */
export class CommandLog {
  readonly #log = new BoundedLog(limits.logBytesMax / 2, limits.logBytesMax / 4);
  readonly #streams: readonly Readable[];
  #lastWords = "";

  constructor(out: Readable, err: Readable) {
    this.#streams = [out, err];
    for (const stream of this.#streams) {
      stream.setEncoding("utf8");
      stream.on("error", () => undefined);
      stream.on("data", (text: string) => this.#log.append(text));
    }
    err.on("data", (text: string) => {
      this.#lastWords = lastBytes(this.#lastWords + text, lastWordsBytesMax);
    });
  }

  /** The last lines of standard error: what a person looks at first. */
  lastLines(): string {
    const lines = this.#lastWords.split("\n").filter((line) => line.trim() !== "");
    return lines.slice(-linesShown).join("\n");
  }

  /** The whole log, once the program is gone. */
  async end(): Promise<string> {
    const timeout = AbortSignal.timeout(drainMsMax);
    await Promise.all(this.#streams.map((stream) => drained(stream, timeout)));
    const piece = this.#log.take();
    if (piece === undefined) return "";
    const gap = piece.cutBytes ? `\n[${piece.cutBytes} bytes of output are left out here]\n` : "";
    return truncateUtf8(`${piece.head ?? ""}${gap}${piece.tail ?? ""}`, limits.logBytesMax);
  }
}

async function drained(stream: Readable, signal: AbortSignal): Promise<void> {
  if (stream.closed) return;
  try {
    await once(stream, "close", { signal });
  } catch {
    // Somebody else still holds the pipe open: what has come so far is what there is.
    stream.destroy();
  }
}
