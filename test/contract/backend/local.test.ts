import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { limits } from "../../../shared/core/limits.ts";
import type { AttemptRef } from "../../../shared/ports/backend.ts";
import { isFinal, type LocalYard, openYard } from "../../executor/local-yard.ts";
import { describeBackend } from "./backend-contract.ts";
import type { BackendHarness, Record } from "./backend-harness.ts";

/** Code for each behaviour, which leaves a mark when it begins. */
const moduleText = (folder: string) => `
  import { appendFileSync } from "node:fs";
  import { join } from "node:path";
  const begin = (event) => appendFileSync(join(${JSON.stringify(folder)}, event.attempt.id), "begun\\n");
  const forEver = () => new Promise((resolve) => setTimeout(resolve, 600_000));
  export const result = (event) => { begin(event); return { ok: true }; };
  export const nothing = (event) => { begin(event); };
  export const error = (event) => { begin(event); throw new TypeError("no width"); };
  export const crash = (event) => { begin(event); process.exit(3); };
  export const timeout = async (event) => { begin(event); await forEver(); };
  export const memory = (event) => { begin(event); const kept = []; for (;;) kept.push(new Array(1_000_000).fill(1.5)); };
  export const huge = (event) => { begin(event); return "x".repeat(${limits.outputBytesMax + 1}); };
  export const endless = async (event) => { begin(event); await forEver(); };
`;

/** The local executor with real child processes. */
async function openLocal(record: Record): Promise<BackendHarness> {
  const yard = await openYard({});
  await yard.writeModule("contract.mjs", moduleText(yard.folder));
  return {
    backend: yard.executor,
    // Nothing lies between the host and its executor that could lose an answer.
    faults: {},
    taskFor: (behaviour) => ({
      run: { function: { module: "contract.mjs", export: behaviour } },
      ...(behaviour === "memory" ? { needs: { memoryMb: 64 } } : {}),
      ...(behaviour === "timeout" ? { timeoutSeconds: 0.3 } : {}),
    }),
    async finish({ attemptId }) {
      await yard.finalOf(attemptId);
      await record(yard.reports.filter((report) => report.attemptId === attemptId));
    },
    begun: (attempt) => heard(yard, attempt, "started"),
    async stopped(attempt) {
      // It is forgotten at once, and says nothing any more.
      const sighting = await yard.executor.inspect(attempt);
      if (sighting !== "gone") throw new Error(`it is ${sighting}`);
      const said = yard.reports.filter(({ attemptId }) => attemptId === attempt.attemptId);
      if (said.some(isFinal)) throw new Error("it still reported an end");
    },
    async runsOf({ attemptId }) {
      const mark = join(yard.folder, attemptId);
      return existsSync(mark) ? readFileSync(mark, "utf8").split("\n").length - 1 : 0;
    },
    close: () => yard.close(),
  };
}

async function heard(yard: LocalYard, { attemptId }: AttemptRef, kind: string): Promise<void> {
  await yard.seen((report) => report.attemptId === attemptId && report.kind === kind);
}

describeBackend(
  "the local executor",
  { startIsIdempotent: true, stops: true, sees: true, faults: [] },
  openLocal,
);
