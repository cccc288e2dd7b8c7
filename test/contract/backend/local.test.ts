import { isFinal, openYard } from "../../executor/local-yard.ts";
import { describeBackend } from "./backend-contract.ts";
import type { BackendHarness, BackendWorld } from "./backend-harness.ts";
import { writeBehaviours } from "./behaviour-module.ts";

/** The local executor with real child processes. */
async function openLocal({ record }: BackendWorld): Promise<BackendHarness> {
  const yard = await openYard({});
  const code = await writeBehaviours(yard.functionsRoot, yard.folder);
  return {
    backend: yard.executor,
    // Nothing lies between the host and its executor that could lose an answer.
    faults: {},
    taskFor: (behaviour) => ({
      run: { function: code.target(behaviour) },
      ...(behaviour === "memory" ? { needs: { memoryMb: 64 } } : {}),
      ...(behaviour === "timeout" ? { timeoutSeconds: 0.3 } : {}),
    }),
    async finish({ attemptId }) {
      await yard.finalOf(attemptId);
      await record(yard.reports.filter((report) => report.attemptId === attemptId));
    },
    async begun({ attemptId }) {
      await yard.seen((report) => report.attemptId === attemptId && report.kind === "started");
    },
    async stopped(attempt) {
      // It is forgotten at once, and says nothing any more.
      const sighting = await yard.executor.inspect(attempt);
      if (sighting !== "gone") throw new Error(`it is ${sighting}`);
      const said = yard.reports.filter(({ attemptId }) => attemptId === attempt.attemptId);
      if (said.some(isFinal)) throw new Error("it still reported an end");
    },
    runsOf: async ({ attemptId }) => code.runsOf(attemptId),
    close: () => yard.close(),
  };
}

describeBackend(
  "the local executor",
  { startIsIdempotent: true, stops: true, sees: true, faults: [] },
  openLocal,
);
