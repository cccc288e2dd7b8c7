import { AsyncLocalStorage } from "node:async_hooks";
import { Buffer } from "node:buffer";
import type { AttemptRun } from "./attempt-run.ts";

/** Knows which attempt the code that runs at this moment belongs to, across awaits and callbacks. */
export const currentRun = new AsyncLocalStorage<AttemptRun>();

/**
 * Sends what attempts print to their own logs. The console writes through these two streams as
 * well. What no attempt printed (a module while it loads, say) goes where it always went.
 */
export function captureOutput(onOutput: (run: AttemptRun) => void): void {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    stream.write = (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | ((error?: Error | null) => void),
      done?: (error?: Error | null) => void,
    ): boolean => {
      const run = currentRun.getStore();
      const onDone = typeof encoding === "function" ? encoding : done;
      const textEncoding = typeof encoding === "string" ? encoding : undefined;
      if (run === undefined) return write(chunk, textEncoding, onDone);
      if (!run.ended) {
        run.log.append(asText(chunk, textEncoding));
        onOutput(run);
      }
      if (onDone !== undefined) process.nextTick(onDone);
      return true;
    };
  }
}

function asText(chunk: string | Uint8Array, encoding: BufferEncoding | undefined): string {
  if (typeof chunk === "string" && (encoding === undefined || /^utf-?8$/i.test(encoding))) {
    return chunk;
  }
  return Buffer.from(chunk as string, encoding).toString("utf8");
}
