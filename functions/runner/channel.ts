import { Buffer } from "node:buffer";
import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { LineSplitter } from "./line-splitter.ts";
import { type FromRunner, runnerInputFd, runnerOutputFd, type ToRunner } from "./protocol.ts";

const batchCharsMax = 256 * 1024;

/** The runner's end of the two pipes. */
export interface Channel {
  /** Queues a message for the next flush. */
  send(message: FromRunner): void;
  /** The same for a message that is JSON text already. */
  sendText(message: string): void;
  /** Writes all queued messages as one line. Blocks while the other side does not read. */
  flush(): void;
}

/** Opens the channel; `onEnd` is called when the executor has closed its side or is gone. */
export function openChannel(
  onMessages: (messages: readonly ToRunner[]) => void,
  onEnd: () => void,
): Channel {
  const input = new Socket({ fd: runnerInputFd, readable: true, writable: false });
  const splitter = new LineSplitter();
  input.setEncoding("utf8");
  input.on("data", (chunk: string) => {
    for (const line of splitter.push(chunk)) onMessages(JSON.parse(line));
  });
  input.on("end", onEnd);
  input.on("error", onEnd);

  let pending = "";
  const channel: Channel = {
    send: (message) => channel.sendText(JSON.stringify(message)),
    sendText: (message) => {
      pending += pending === "" ? `[${message}` : `,${message}`;
      if (pending.length > batchCharsMax) channel.flush();
    },
    flush: () => {
      if (pending === "") return;
      const line = `${pending}]\n`;
      pending = "";
      writeAll(line, onEnd);
    },
  };
  return channel;
}

const nap = new Int32Array(new SharedArrayBuffer(4));

/**
 * Synchronous on purpose: a process that is about to die has said all it said it would, and a
 * runner that is faster than its executor waits instead of growing.
 */
function writeAll(line: string, onEnd: () => void): void {
  const bytes = Buffer.from(line);
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(runnerOutputFd, bytes, written);
    } catch (error) {
      // The pipe blocks, unless a task has set it otherwise; then it is tried again shortly.
      if (!isBusy(error)) {
        onEnd();
        return;
      }
      Atomics.wait(nap, 0, 0, 1);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}
