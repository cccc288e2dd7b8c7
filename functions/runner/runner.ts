import { writeSync } from "node:fs";
import { captureOutput, currentRun } from "./capture.ts";
import { openChannel } from "./channel.ts";
import { loadFunction } from "./load-function.ts";
import type { RunnerSetup } from "./protocol.ts";
import { RunLoop } from "./run-loop.ts";

/**
 * The program that executes one task's function: started by an executor with the setup as its
 * argument and two pipes for messages. It ends when its input ends.
 */
const setup: RunnerSetup | null = JSON.parse(process.argv[2] ?? "null");
if (setup === null) {
  writeSync(2, "the runner is started by an executor, not by hand\n");
  process.exit(2);
}

let loop: RunLoop | undefined;
/** True once the process ends because it should. */
let leaving = false;

// No order comes before the runner has said that it is ready.
const channel = openChannel((messages) => loop?.accept(messages), leave);

process.on("exit", noteExit);
process.on("uncaughtException", onEscapedError);
process.on("unhandledRejection", onEscapedError);
captureOutput((run) => loop?.noteOutput(run));
channel.send({ kind: "hello" });
channel.flush();

const loaded = await loadFunction(setup);
if (loaded.outcome === "unusable") {
  channel.send({ kind: "unusable", error: loaded.error });
  channel.flush();
  leave();
} else {
  loop = new RunLoop(setup, channel, loaded.run);
  channel.send({ kind: "ready" });
  channel.flush();
}

function leave(): void {
  leaving = true;
  process.exit(0);
}

/** Someone else ends the process: says whose code it was, and all that is not said yet. */
function noteExit(code: number): void {
  if (leaving) return;
  const culprit = currentRun.getStore();
  loop?.reportAll();
  if (culprit === undefined || culprit.ended) {
    channel.send({ kind: "exiting", code });
  } else {
    const stack = new Error("process.exit was called here").stack ?? "";
    channel.send({ kind: "exiting", code, seq: culprit.seq, stack });
  }
  channel.flush();
}

/**
 * An error nobody caught. When it is known whose it is, that attempt fails and the others finish,
 * in a process that takes no more orders; otherwise the process ends as Node's own would.
 */
function onEscapedError(thrown: unknown): void {
  const run = currentRun.getStore();
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  if (loop === undefined || run === undefined) {
    writeSync(2, `${text}\n`);
    process.exit(1);
  }
  if (run.ended) {
    writeSync(2, `attempt ${run.order.attemptId}, which is over, left this behind: ${text}\n`);
  }
  loop.failEscaped(run, thrown);
  channel.send({ kind: "tainted" });
  loop.reportAll();
}
