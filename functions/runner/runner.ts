import { currentRun } from "./capture.ts";
import { openChannel } from "./channel.ts";
import { loadFunction } from "./load-function.ts";
import type { RunnerSetup, ToRunner } from "./protocol.ts";
import { RunLoop } from "./run-loop.ts";

/**
 * The program that executes one task's function: started by an executor with the setup as its
 * argument and two pipes for messages. It ends when its input ends.
 */
const setup: RunnerSetup = JSON.parse(process.argv[2] ?? "null");
if (setup === null) {
  process.stderr.write("the runner is started by an executor, not by hand\n");
  process.exit(2);
}

let loop: RunLoop | undefined;
let leaving = false;
const early: ToRunner[] = [];

const channel = openChannel(
  (messages) => (loop === undefined ? early.push(...messages) : loop.accept(messages)),
  () => {
    leaving = true;
    process.exit(0);
  },
);

process.on("exit", (code) => {
  if (leaving) return;
  const culprit = currentRun.getStore();
  const known = culprit !== undefined && !culprit.ended;
  loop?.reportAll();
  const stack = known ? new Error("process.exit was called here").stack : undefined;
  channel.send({
    kind: "exiting",
    code,
    ...(known ? { seq: culprit.seq } : {}),
    ...(stack === undefined ? {} : { stack }),
  });
  channel.flush();
});

/**
 * An error nobody caught. When it is known whose it is, that attempt fails and the others finish,
 * in a process that takes no more orders; otherwise the process ends as Node's own would.
 */
function onEscapedError(thrown: unknown): void {
  const run = currentRun.getStore();
  if (loop === undefined || run === undefined) {
    process.stderr.write(
      `${thrown instanceof Error ? (thrown.stack ?? thrown.message) : thrown}\n`,
    );
    process.exit(1);
  }
  loop.failEscaped(run, thrown);
  channel.send({ kind: "tainted" });
  loop.reportAll();
}
process.on("uncaughtException", onEscapedError);
process.on("unhandledRejection", onEscapedError);

channel.send({ kind: "hello" });
channel.flush();
const loaded = await loadFunction(setup);
if (loaded.outcome === "unusable") {
  leaving = true;
  channel.send({ kind: "unusable", error: loaded.error });
  channel.flush();
  process.exit(0);
}
loop = new RunLoop(setup, channel, loaded.run);
channel.send({ kind: "ready" });
channel.flush();
loop.accept(early);
