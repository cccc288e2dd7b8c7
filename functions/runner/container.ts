import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openJsonLog } from "../runtime/json-log.ts";
import { systemClock } from "../runtime/system-ports.ts";
import { runContainer } from "./orders/container-run.ts";

/*
 * The entry point of the runner's image. Without arguments it runs the one attempt that the
 * environment points at; with arguments it is the command line, so that the same image also serves
 * as a pool's worker: `worker --pool NAME`.
 */
const here = dirname(fileURLToPath(import.meta.url));

if (process.argv[2] === undefined) {
  const leaving = new AbortController();
  process.on("SIGTERM", () => leaving.abort());
  process.on("SIGINT", () => leaving.abort());
  const log = openJsonLog({
    level: "info",
    clock: systemClock,
    write: (line) => process.stderr.write(line),
  });
  process.exitCode = await runContainer({
    env: process.env,
    runnerPath: join(here, "runner.mjs"),
    log,
    leaving: leaving.signal,
  });
} else {
  // A path at run time: the command line is a bundle of its own beside this one.
  await import(new URL("./switchyard.mjs", import.meta.url).href);
}
