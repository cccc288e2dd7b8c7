import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type {
  WorkerEnd,
  WorkerModule,
  WorkerOptions,
} from "../../../client/worker/worker-options.ts";
import { openMachine } from "../orders/machine.ts";
import { runnerCredentials } from "../orders/runner-credentials.ts";
import { openWorkClient } from "../orders/work-client.ts";
import { logForPeople } from "./worker-lines.ts";
import { WorkerLoop, WorkerRefused } from "./worker-loop.ts";

const abortGraceMs = 4_000;
/** Of the time before the system kills it, what a worker keeps for its last words. */
const lastWordsMs = 5_000;

/** A worker's whole life: registers, runs what it gets, and leaves nothing behind that it knows of. */
export const runWorker: WorkerModule["runWorker"] = async (options) => {
  const { server, environment, leaving, hurrying } = options;
  const log = logForPeople(options.say);
  const client = openWorkClient(server, runnerCredentials(server, environment));
  const machine = openMachine({
    functionsRoot: options.functionsRoot,
    runnerPath: join(dirname(fileURLToPath(import.meta.url)), "runner.mjs"),
    packagesFolder: environment.SWITCHYARD_PACKAGES || join(tmpdir(), "switchyard-packages"),
    slots: options.slots,
    allowCommands: options.allowCommands,
    abortGraceMs,
    env: environment,
    log,
  });
  const loop = new WorkerLoop({ options, client, machine, log });
  try {
    await loop.takeWork();
    return await leave(loop, options);
  } catch (error) {
    if (!(error instanceof WorkerRefused)) throw error;
    return { finished: 0, givenBack: 0, refused: error.message };
  } finally {
    await machine.close(leaving.aborted || hurrying.aborted ? 0 : abortGraceMs);
    client.close();
  }
};

async function leave(loop: WorkerLoop, options: WorkerOptions): Promise<WorkerEnd> {
  if (options.leaving.aborted) {
    const left =
      loop.busy === 0 ? "" : `; finishing ${loop.busy} (up to ${options.graceMs / 1_000} s)`;
    options.say(`leaving${left}`);
    await loop.disclose();
  }
  // Work that was taken once, or before the server asked to leave, may take its time.
  const deadline = new AbortController();
  const start = (): NodeJS.Timeout => setTimeout(() => deadline.abort(), options.graceMs);
  let timer = options.leaving.aborted ? start() : undefined;
  const onLeaving = (): void => {
    timer ??= start();
  };
  options.leaving.addEventListener("abort", onLeaving);
  await loop.settled(AbortSignal.any([deadline.signal, options.hurrying]));
  clearTimeout(timer);
  options.leaving.removeEventListener("abort", onLeaving);
  const givenBack = await loop.giveBack(lastWordsMs);
  await loop.sayGoodbye();
  return { finished: loop.finished - givenBack, givenBack };
}
