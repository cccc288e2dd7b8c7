import { limits } from "../../shared/core/limits.ts";

/** What code does that has to end alike wherever it runs. Marks are files beside the module. */
export const parityModule = `
  import { appendFileSync } from "node:fs";
  import { dirname, join } from "node:path";
  import { fileURLToPath } from "node:url";
  const folder = dirname(fileURLToPath(import.meta.url));
  const forEver = () => new Promise((resolve) => setTimeout(resolve, 600_000));
  export const echo = ({ inputs, config }) => ({ inputs, config });
  export const facts = (event, context) => ({
    keys: Object.keys(event).sort(), task: event.instance.task, attempt: event.attempt.number,
    memory: event.resource_limits.memory_mb, seenMemory: context.memoryLimitInMB,
    left: context.getRemainingTimeInMillis() > 0, token: JSON.stringify(event).includes("token"),
  });
  export const nothing = () => undefined;
  export const none = async () => null;
  export const throws = () => { throw new TypeError("no width"); };
  export const final = () => { throw Object.assign(new Error("hopeless"), { name: "FinalError", retryable: false }); };
  export const exits = () => { console.log("last words"); process.exit(7); };
  export const dies = () => { process.kill(process.pid, "SIGKILL"); return forEver(); };
  export const escapes = () => { setTimeout(() => { throw new RangeError("out of a timer"); }, 1); return forEver(); };
  export const hogs = () => { const kept = []; for (;;) kept.push(new Array(1_000_000).fill(1.5)); };
  export const sleeps = () => forEver();
  export const spins = () => { for (;;); };
  export const huge = () => "x".repeat(${limits.outputBytesMax + 1});
  export const unfit = () => ({ rows: 1n });
  export const prints = () => { console.log("one"); console.error("two"); console.log("\\u001b[31mred\\u001b[0m\\r"); return 1; };
  export const blocks = () => { const endMs = Date.now() + 3_500; while (Date.now() < endMs); return "still mine"; };
  export const stoppable = async ({ attempt }, { signal }) => {
    appendFileSync(join(folder, attempt.id), "begun ");
    signal.addEventListener("abort", () => appendFileSync(join(folder, attempt.id), "aborted"));
    await forEver();
  };
`;
