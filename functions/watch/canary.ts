import { partitions } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import { systemTenant } from "../../shared/finding/finding.ts";
import type { CanaryHealth } from "../../shared/finding/watch-summary.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import type { Store } from "../../shared/ports/store.ts";
import { TaskSpec } from "../../shared/task/task.ts";
import type { Engine } from "../runtime/engine.ts";
import { submitOwn } from "../submission/submit-instances.ts";
import { defineTask } from "../tasks/define-task.ts";

/** The name of the canary's task, in the system's own tenant. */
export const canaryTask = "canary";

const watchman: TenantContext = { tenant: systemTenant, actor: "watch", role: "operator" };

/**
 * Submits a task that does nothing, once in `limits.canaryEveryMs` however often it is called. It goes
 * the way of every other task, so that its success proves all of it: submission, dispatch, a backend,
 * completion. Answers the instance's id.
 */
export async function submitCanary(engine: Engine, run: TaskSpec["run"]): Promise<string> {
  const spec = TaskSpec.parse({
    description: "Does nothing, every few minutes, to prove that everything works.",
    run,
    timeoutSeconds: 60,
    retry: { maxAttempts: 1 },
    needs: { executionSecondsEstimate: 0.01 },
  });
  const defined = await defineTask(engine, watchman, canaryTask, spec);
  if (defined.outcome === "rejected") throw new RejectionError(defined.rejection);
  const nowMs = engine.clock.now();
  const nominalAtMs = nowMs - (nowMs % limits.canaryEveryMs);
  const id = engine.ids.derivedInstanceId(systemTenant, `\ncanary\n${nominalAtMs}`);
  const result = await submitOwn(engine, watchman, {
    id,
    origin: { kind: "schedule", schedule: canaryTask, generation: 1, nominalAtMs },
    submission: {
      task: canaryTask,
      // One that finds nobody in time is no sign of life, and the next one comes.
      startBy: new Date(nominalAtMs + limits.canaryEveryMs).toISOString(),
    },
  });
  if (result.outcome === "rejected") throw new RejectionError(result.rejection);
  return id;
}

/** Read from the instances themselves. */
export async function canaryHealth(store: Store, nowMs: number): Promise<CanaryHealth> {
  const page = await store.query({
    index: "task",
    partition: partitions.byTask(systemTenant, canaryTask),
    order: "descending",
    limit: limits.canaryRunsRead,
  });
  const records = await store.getMany(page.map(({ key }) => key));
  const runs = records.flatMap((record) =>
    record === undefined ? [] : [record.body as unknown as Instance],
  );
  const successes = runs.flatMap(({ state, createdAtMs, finishedAtMs }) =>
    state === "succeeded" && finishedAtMs !== undefined ? [{ createdAtMs, finishedAtMs }] : [],
  );
  const successesAtMs = successes.map((run) => run.finishedAtMs).sort((a, b) => b - a);
  const tookMs = successes.map((run) => run.finishedAtMs - run.createdAtMs).sort((a, b) => a - b);
  const p50Ms = tookMs[Math.floor((tookMs.length - 1) / 2)];
  const [lastSuccessAtMs] = successesAtMs;
  const sinceMs = lastSuccessAtMs ?? runs.at(-1)?.createdAtMs;
  return {
    successesAtMs,
    ...(lastSuccessAtMs === undefined ? {} : { lastSuccessAtMs }),
    ...(sinceMs === undefined ? {} : { ageMs: Math.max(0, nowMs - sinceMs) }),
    ...(p50Ms === undefined ? {} : { p50Ms }),
  };
}
