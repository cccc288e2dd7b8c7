import type { HeartbeatAnswer, HeartbeatRequest } from "../../shared/contract/http/work.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import { utf8Bytes } from "../../shared/core/texts.ts";
import { type Instance, liveAttempt } from "../../shared/instance/instance.ts";
import { timeoutMsOf } from "../../shared/instance/wake.ts";
import { applyCommand, loadInstance } from "../runtime/instances.ts";
import { contended } from "./pool-records.ts";
import { noteSeen, type WorkerDeps } from "./workers.ts";

const stop = (reason: string): HeartbeatAnswer => ({ verdict: "stop", reason });

/** Takes an attempt's sign of life and answers whether it is to go on. */
export async function beatAttempt(
  deps: WorkerDeps,
  tenant: string,
  attemptId: string,
  { instanceId, token, progress }: HeartbeatRequest,
): Promise<HeartbeatAnswer> {
  const { engine } = deps;
  if (progress !== undefined) refuseLargeProgress(JSON.stringify(progress));
  const instance = await loadInstance(engine.store, tenant, instanceId);
  if (instance === undefined) return stop("the instance no longer exists");
  if (isTimeUp(instance, attemptId, engine.clock.now())) return stop("time is up");
  const applied = await applyCommand(
    engine,
    tenant,
    instanceId,
    () => ({
      name: "heartbeat",
      attemptId,
      token,
      atMs: engine.clock.now(),
      ...(progress === undefined ? {} : { progress }),
    }),
    [],
    instance,
  );
  switch (applied.outcome) {
    case "changed":
    case "unchanged":
      await keepSeen(deps, applied.instance);
      return { verdict: "continue" };
    case "rejected":
      return stop(reasonToStop(applied.instance, attemptId, token));
    case "missing":
      return stop("the instance no longer exists");
    case "contended":
      throw new RejectionError(contended(`the instance ${instanceId}`));
  }
}

function refuseLargeProgress(text: string): void {
  const bytes = utf8Bytes(text);
  if (bytes <= limits.progressBytesMax) return;
  throw new RejectionError({
    code: "payload_too_large",
    detail: `progress has ${bytes} bytes, at most ${limits.progressBytesMax} are possible`,
    pointer: "/progress",
    suggestion: "say how far it is; results belong into the output",
  });
}

/** Silence and overtime are ended by the clock; until then the code had better stop by itself. */
function isTimeUp(instance: Instance, attemptId: string, nowMs: number): boolean {
  const live = liveAttempt(instance);
  if (live?.id !== attemptId || live.startedAtMs === undefined) return false;
  const endsAtMs = live.startedAtMs + timeoutMsOf(instance, live);
  return nowMs >= Math.min(endsAtMs, instance.deadlineAtMs ?? Infinity);
}

function reasonToStop(instance: Instance, attemptId: string, token: string): string {
  const attempt = instance.attempts.find(({ id }) => id === attemptId);
  if (attempt === undefined || attempt.token !== token) return "replaced";
  switch (attempt.outcome) {
    case "cancelled":
      return "cancelled";
    case "timed_out":
      return "time is up";
    case "succeeded":
    case "failed":
      return "its end is recorded already";
    default:
      return "replaced";
  }
}

/** In a pool, the backend's own name for an attempt is its worker. */
async function keepSeen(deps: WorkerDeps, instance: Instance): Promise<void> {
  const live = liveAttempt(instance);
  if (live?.pull !== true || live.externalId === undefined) return;
  await noteSeen(deps, instance.tenant, live.backend, live.externalId);
}
