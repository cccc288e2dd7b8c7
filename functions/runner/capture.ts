import { AsyncLocalStorage } from "node:async_hooks";
import { Buffer } from "node:buffer";
import { writeSync } from "node:fs";
import { Writable } from "node:stream";
import type { AttemptRun } from "./attempt-run.ts";

/** Knows which attempt the code that runs at this moment belongs to, across awaits and callbacks. */
export const currentRun = new AsyncLocalStorage<AttemptRun>();

/**
 * Sends what attempts print to their own logs: stands in for process.stdout and process.stderr,
 * through which the console writes as well. Node's own streams are never made, because making them
 * would set the descriptors to non-blocking, which programs that inherit them do not expect.
 */
export function captureOutput(onOutput: (run: AttemptRun) => void): void {
  replaceStream("stdout", new CapturedStream(1, onOutput));
  replaceStream("stderr", new CapturedStream(2, onOutput));
}

class CapturedStream extends Writable {
  readonly fd: number;
  readonly isTTY = false;
  readonly #onOutput: (run: AttemptRun) => void;

  constructor(fd: number, onOutput: (run: AttemptRun) => void) {
    super({ decodeStrings: false });
    this.fd = fd;
    this.#onOutput = onOutput;
  }

  override _write(
    chunk: string | Uint8Array,
    encoding: BufferEncoding | "buffer",
    done: (error?: Error | null) => void,
  ): void {
    const run = currentRun.getStore();
    const text = asText(chunk, encoding);
    if (run === undefined) {
      // What no attempt printed (a module while it loads, say) goes where it always went.
      writeSync(this.fd, text);
    } else if (!run.ended) {
      run.log.append(text);
      this.#onOutput(run);
    }
    done();
  }
}

function replaceStream(name: "stdout" | "stderr", stream: CapturedStream): void {
  Object.defineProperty(process, name, { value: stream, configurable: true, enumerable: true });
}

function asText(chunk: string | Uint8Array, encoding: BufferEncoding | "buffer"): string {
  if (typeof chunk !== "string") return Buffer.from(chunk).toString("utf8");
  if (encoding === "buffer" || /^utf-?8$/i.test(encoding)) return chunk;
  return Buffer.from(chunk, encoding).toString("utf8");
}
