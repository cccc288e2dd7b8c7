import type { LeaseAnswer, LeaseRequest } from "../../shared/contract/http/work.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Timer } from "../runtime/host-ports.ts";
import { type LeaseTurn, leaseNow } from "./lease.ts";
import type { LineListener, PoolLines } from "./pool-lines.ts";
import { poolNotFound } from "./pool-records.ts";
import type { WorkerDeps } from "./workers.ts";

export interface LeaseWorkDeps extends WorkerDeps {
  readonly timer: Timer;
  /** Tells when something is put in line; without it the line is looked at again and again. */
  readonly lines?: PoolLines | undefined;
  /** A request may not be held open for longer than this. */
  readonly waitSecondsMax: number;
}

/**
 * Hands a worker its work, waiting for some as long as it asks for. Waiting requests are served in
 * the order in which they came; one whose client has gone takes nothing.
 */
export async function leaseWork(
  deps: LeaseWorkDeps,
  tenant: string,
  name: string,
  request: LeaseRequest,
  signal?: AbortSignal,
): Promise<LeaseAnswer> {
  const pool = await deps.members.of(tenant, name);
  if (pool === undefined) throw new RejectionError(poolNotFound(name));
  const waitMs = Math.min(request.waitSeconds, deps.waitSecondsMax) * 1_000;
  if (waitMs <= 0 || request.slots === 0) {
    return answerOf(await leaseNow(deps, tenant, name, request));
  }
  const hears = pool.pool.spec.strategy === "pull" ? "one" : "all";
  // It listens before it looks, so that nothing falls between the two.
  const listener = deps.lines?.listen(tenant, name, hears);
  return waitForWork(deps, tenant, name, request, { listener, waitMs, signal });
}

interface Waiting {
  readonly listener: LineListener | undefined;
  readonly waitMs: number;
  readonly signal: AbortSignal | undefined;
}

async function waitForWork(
  deps: LeaseWorkDeps,
  tenant: string,
  name: string,
  request: LeaseRequest,
  { listener, waitMs, signal }: Waiting,
): Promise<LeaseAnswer> {
  const end = endOf(deps.timer, waitMs, signal);
  let gone = false;
  try {
    for (let asked = request; ; asked = { ...request, waitSeconds: 0 }) {
      const turn = await leaseNow(deps, tenant, name, asked);
      if (turn.items.length > 0 || turn.draining || end.isOver()) return answerOf(turn);
      if (deps.lines?.isClosed() === true) return answerOf(turn);
      await somethingNew(deps, listener, end, turn);
      gone = signal?.aborted === true;
      if (gone) return answerOf(turn);
    }
  } finally {
    end.stop();
    listener?.leave(gone);
  }
}

/** Resolves when the line rings, when another look is due, or when the waiting ends. */
async function somethingNew(
  { timer, lines }: LeaseWorkDeps,
  listener: LineListener | undefined,
  end: ReturnType<typeof endOf>,
  { againAfterMs }: LeaseTurn,
): Promise<void> {
  const lookAfterMs = lines === undefined ? limits.leasePollMs : againAfterMs;
  let stop = (): void => undefined;
  const later = new Promise<void>((resolve) => {
    if (lookAfterMs !== undefined) stop = timer.after(lookAfterMs, resolve);
  });
  const rung = listener === undefined ? [] : [listener.rung()];
  await Promise.race([...rung, later, end.over]);
  stop();
}

function endOf(timer: Timer, waitMs: number, signal: AbortSignal | undefined) {
  let isOver = signal?.aborted === true;
  let finish = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    finish = () => {
      isOver = true;
      resolve();
    };
  });
  if (isOver) finish();
  const stopTimer = timer.after(waitMs, finish);
  signal?.addEventListener("abort", finish, { once: true });
  return {
    over,
    isOver: () => isOver,
    stop() {
      stopTimer();
      signal?.removeEventListener("abort", finish);
    },
  };
}

function answerOf({ items, draining }: LeaseTurn): LeaseAnswer {
  return { items, draining };
}
