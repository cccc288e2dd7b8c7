import type { LeaseAnswer, LeaseRequest, WorkOrder } from "../../shared/contract/http/work.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import { liveAttempt } from "../../shared/instance/instance.ts";
import type { HeldAttempt, Worker } from "../../shared/pool/pool.ts";
import { recordReports } from "../reports/record-reports.ts";
import type { Engine } from "../runtime/engine.ts";
import { applyCommand } from "../runtime/instances.ts";
import {
  type AttemptInHand,
  attemptsHeldBy,
  handOutAgain,
  heldOf,
  reportLost,
} from "./held-attempts.ts";
import { type Asker, type Offer, offerOf, readPlaces, withinAnswer } from "./line.ts";
import {
  loadWorker,
  poolNotFound,
  saveWorker,
  type Versioned,
  workerNotFound,
} from "./pool-records.ts";
import { codelessReport, workOrderOf } from "./work-order.ts";
import type { WorkerDeps } from "./workers.ts";

export interface LeaseTurn extends LeaseAnswer {
  /** Worth another look after so long, although nothing rings. */
  readonly againAfterMs?: number;
}

/** Rounds of one turn: others may be faster at every place of the line that was looked at. */
const roundsMax = 3;

/**
 * Hands a worker what it is to run now, without waiting. Its record names the attempts before they
 * are confirmed for it, so that an answer that never arrived is known of; only the conditional write
 * of an attempt decides who has it.
 */
export async function leaseNow(
  deps: WorkerDeps,
  tenant: string,
  pool: string,
  request: LeaseRequest,
): Promise<LeaseTurn> {
  const { busy } = request;
  const present = await loadWorker(deps.engine.store, tenant, pool, request.worker);
  if (present === undefined) throw new RejectionError(workerNotFound(pool, request.worker));
  const review = await reviewHeld(deps, present.body, request);
  const granted: AttemptInHand[] = [...review.again];
  const passed = new Set<string>();
  let crowded = false;
  let kept: Versioned<Worker> = present;
  let held = review.held;
  let againAfterMs: number | undefined;
  for (let round = 0; round < roundsMax && !kept.body.draining; round++) {
    const free = Math.min(request.slots, limits.leaseItemsMax) - granted.length;
    if (free <= 0) break;
    const asker = { id: request.worker, free, busy, crowded };
    const { places, ready, ...later } = await findWork(deps, kept.body, asker, passed);
    againAfterMs = later.againAfterMs;
    if (places.length === 0) break;
    if (ready.length > 0) {
      const busyThen = busy + granted.length + ready.length;
      const noted = await noteLease(deps, kept, busyThen, [...held, ...ready.map(heldOf)]);
      held = noted.worker.body.held;
      kept = noted.worker;
      // Somebody else wrote the worker's record: nothing is handed out that it does not name.
      if (!noted.wrote) continue;
      const won = await confirmAll(deps, request.worker, ready);
      granted.push(...won);
      if (won.length > 0) break;
      crowded = true;
    }
    for (const { key } of places) passed.add(key.pk);
  }
  if (kept === present) await touch(deps, present, busy, held);
  const { draining } = kept.body;
  const items = await ordersOf(deps, granted);
  return { items, draining, ...(againAfterMs === undefined ? {} : { againAfterMs }) };
}

/**
 * Compares what was handed to the worker with what it says it has. An order that it never beat for
 * was in an answer that it never got: it gets it once more. Everything else that it should have and
 * does not is given up at once, not when the lease ends.
 */
async function reviewHeld(
  { engine }: WorkerDeps,
  worker: Worker,
  { holding, slots }: LeaseRequest,
): Promise<{ readonly held: readonly HeldAttempt[]; readonly again: readonly AttemptInHand[] }> {
  if (holding === undefined) return { held: worker.held, again: [] };
  const has = new Set(holding);
  const missing = await attemptsHeldBy(
    engine.store,
    worker,
    worker.held.filter(({ attemptId }) => !has.has(attemptId)),
  );
  const unheard = missing.filter(({ attempt }) => attempt.heartbeatAtMs === undefined);
  const handedOut = worker.draining ? [] : unheard.slice(0, slots);
  const lost = missing.filter((each) => !handedOut.includes(each));
  await reportLost(engine, lost, `the worker ${worker.id} no longer has the attempt`);
  const again = await Promise.all(handedOut.map((each) => handOutAgain(engine, each)));
  const sure = again.filter((each) => each !== undefined);
  if (sure.length > 0) {
    engine.log.info("a lost answer's attempts are handed out again", {
      pool: worker.pool,
      worker: worker.id,
      count: sure.length,
    });
  }
  const held = worker.held.filter(({ attemptId }) => has.has(attemptId));
  return { held: [...held, ...sure.map(heldOf)], again: sure };
}

/** What waits for this worker, further down the line than what was looked at before. */
async function findWork(
  { engine, members }: WorkerDeps,
  { tenant, pool: name }: Worker,
  asker: Asker,
  passed: ReadonlySet<string>,
): Promise<Offer & { readonly ready: readonly AttemptInHand[] }> {
  const pool = await members.of(tenant, name);
  if (pool === undefined) throw new RejectionError(poolNotFound(name));
  const nowMs = engine.clock.now();
  const offer = await offerOf(engine.store, pool, asker, passed, nowMs);
  if (offer.places.length === 0) return { ...offer, ready: [] };
  const { ready, tooLate } = await readPlaces(engine.store, name, offer.places, nowMs);
  await giveUpLate(engine, tooLate);
  return { ...offer, ready: withinAnswer(ready) };
}

/** Nobody may begin it any more; back in the hands of the dispatcher it expires. */
async function giveUpLate(engine: Engine, late: readonly AttemptInHand[]): Promise<void> {
  if (late.length === 0) return;
  await recordReports(
    engine,
    late.map(({ instance, attempt }) => ({
      kind: "failed",
      tenant: instance.tenant,
      instanceId: instance.id,
      attemptId: attempt.id,
      token: attempt.token,
      error: {
        class: "hand_over_lost",
        message: "its last moment to start passed while it waited for a worker",
      },
    })),
  );
}

/** Names the attempts in the worker's record, before any of them is confirmed for it. */
async function noteLease(
  { engine, members }: WorkerDeps,
  { body, version }: Versioned<Worker>,
  busy: number,
  held: readonly HeldAttempt[],
): Promise<{ readonly wrote: boolean; readonly worker: Versioned<Worker> }> {
  const nowMs = engine.clock.now();
  const worker: Worker = {
    ...body,
    busy,
    seenAtMs: nowMs,
    servedAtMs: nowMs,
    held: held.slice(-limits.workerSlotsMax),
  };
  if (await saveWorker(engine.store, worker, version)) {
    members.note(worker);
    await members.tellPresence(worker.tenant, worker.pool);
    return { wrote: true, worker: { body: worker, version: version + 1 } };
  }
  const present = await loadWorker(engine.store, body.tenant, body.pool, body.id);
  if (present === undefined) throw new RejectionError(workerNotFound(body.pool, body.id));
  return { wrote: false, worker: present };
}

/** Keeps the worker's record true where nothing was handed out, at most once in a while. */
async function touch(
  { engine, members }: WorkerDeps,
  { body, version }: Versioned<Worker>,
  busy: number,
  held: readonly HeldAttempt[],
): Promise<void> {
  const nowMs = engine.clock.now();
  const worker: Worker = { ...body, busy, seenAtMs: nowMs, held };
  const seenLately = nowMs - body.seenAtMs < limits.workerSeenEveryMs;
  const sameToOthers = busy === body.busy || (await isPull(members, body));
  if (seenLately && held.length === body.held.length && sameToOthers) return;
  // Lost to a sign of life or to its drain: the next request says the same again.
  if (!(await saveWorker(engine.store, worker, version))) return;
  members.note(worker);
  await members.tellPresence(body.tenant, body.pool);
}

/** Where workers fetch for themselves, how busy another one is only shifts its share a little. */
async function isPull(members: WorkerDeps["members"], { tenant, pool }: Worker): Promise<boolean> {
  return (await members.of(tenant, pool))?.pool.spec.strategy === "pull";
}

/** The attempts that became this worker's by this very write; all others are somebody else's. */
async function confirmAll(
  { engine }: WorkerDeps,
  worker: string,
  ready: readonly AttemptInHand[],
): Promise<readonly AttemptInHand[]> {
  const confirmed = await Promise.allSettled(
    ready.map(async ({ instance, attempt }): Promise<AttemptInHand | undefined> => {
      const { id: attemptId, token } = attempt;
      const applied = await applyCommand(
        engine,
        instance.tenant,
        instance.id,
        () => ({
          name: "confirm",
          attemptId,
          token,
          startedAtMs: engine.clock.now(),
          externalId: worker,
        }),
        [],
        instance,
      );
      const live = applied.outcome === "changed" ? liveAttempt(applied.instance) : undefined;
      if (applied.outcome !== "changed" || live === undefined) return undefined;
      return { instance: applied.instance, attempt: live };
    }),
  );
  const won = confirmed.flatMap((each) =>
    each.status === "fulfilled" && each.value !== undefined ? [each.value] : [],
  );
  const fault = confirmed.find((each) => each.status === "rejected");
  // What may have been written without an answer is found by the worker's next request.
  if (won.length === 0 && fault !== undefined) throw fault.reason;
  return won;
}

/** An order that cannot be made now is left out: its attempt is missed by the worker's next request. */
async function ordersOf(deps: WorkerDeps, granted: readonly AttemptInHand[]): Promise<WorkOrder[]> {
  const settled = await Promise.allSettled(granted.map((each) => workOrderOf(deps.engine, each)));
  const orders = settled.flatMap((each) =>
    each.status === "fulfilled" && each.value !== undefined ? [each.value] : [],
  );
  const codeless = granted.filter((_, place) => {
    const each = settled[place];
    return each?.status === "fulfilled" && each.value === undefined;
  });
  await recordReports(deps.engine, codeless.map(codelessReport));
  const fault = settled.find((each) => each.status === "rejected");
  if (fault === undefined) return orders;
  if (orders.length === 0) throw fault.reason;
  deps.engine.log.error("orders could not be made", { cause: String(fault.reason) });
  return orders;
}
