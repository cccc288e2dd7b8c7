import { keys } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { isTerminal } from "../../shared/instance/moves.ts";
import type { Engine } from "../runtime/engine.ts";
import { type InstanceWatch, systemTimer, type Timer } from "../runtime/host-ports.ts";
import { loadInstance } from "../runtime/instances.ts";
import { instanceNotFound } from "../runtime/result.ts";
import type { ApiDeps } from "./deps.ts";

/** How long to wait for instances to finish, and what ends the waiting early. */
export interface Patience {
  readonly waitMs: number;
  /** Of the client that has gone away. */
  readonly signal?: AbortSignal;
}

/** The instance; throws a RejectionError when there is none. */
export async function getInstance(
  { store }: Pick<Engine, "store">,
  tenant: string,
  id: string,
): Promise<Instance> {
  const instance = await loadInstance(store, tenant, id);
  if (instance === undefined) throw new RejectionError(instanceNotFound(id));
  return instance;
}

/**
 * The instances in the order asked for, undefined where there is none. With patience, and where the
 * host can tell of changes, the answer comes when all of them are finished or time is up.
 */
export async function findInstances(
  deps: Pick<ApiDeps, "engine" | "watch" | "timer">,
  tenant: string,
  ids: readonly string[],
  { waitMs, signal }: Patience = { waitMs: 0 },
): Promise<readonly (Instance | undefined)[]> {
  const { engine, watch, timer = systemTimer } = deps;
  const found = new Map<string, Instance>();
  if (watch === undefined || waitMs <= 0) await read(engine, tenant, new Set(ids), found);
  else await readUntilFinished({ engine, watch, timer, tenant, ids, waitMs, signal, found });
  return ids.map((id) => found.get(id));
}

interface Waiting {
  readonly engine: Engine;
  readonly watch: InstanceWatch;
  readonly timer: Timer;
  readonly tenant: string;
  readonly ids: readonly string[];
  readonly waitMs: number;
  readonly signal: AbortSignal | undefined;
  readonly found: Map<string, Instance>;
}

/** Listens before it reads, so that no change falls between the two. */
async function readUntilFinished(waiting: Waiting): Promise<void> {
  const { engine, watch, timer, tenant, waitMs, signal, found } = waiting;
  const changed = new Set(waiting.ids);
  const open = new Set(waiting.ids);
  let timeIsUp = false;
  let wakeUp = (): void => undefined;
  const giveUp = (): void => {
    timeIsUp = true;
    wakeUp();
  };
  const unsubscribe = [...open].map((id) =>
    watch.onChange(tenant, id, () => {
      changed.add(id);
      wakeUp();
    }),
  );
  const stopTimer = timer.after(waitMs, giveUp);
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    for (;;) {
      const toRead = new Set(changed);
      changed.clear();
      await read(engine, tenant, toRead, found);
      for (const id of toRead) {
        const instance = found.get(id);
        if (instance === undefined || isTerminal(instance.state)) open.delete(id);
      }
      if (open.size === 0 || timeIsUp || signal?.aborted === true) return;
      await new Promise<void>((resolve) => {
        wakeUp = resolve;
        if (changed.size > 0) resolve();
      });
    }
  } finally {
    stopTimer();
    signal?.removeEventListener("abort", giveUp);
    for (const stop of unsubscribe) stop();
  }
}

async function read(
  { store }: Engine,
  tenant: string,
  ids: ReadonlySet<string>,
  found: Map<string, Instance>,
): Promise<void> {
  const wanted = [...ids];
  const records = await store.getMany(wanted.map((id) => keys.instance(tenant, id)));
  for (const [place, id] of wanted.entries()) {
    const record = records[place];
    if (record === undefined) found.delete(id);
    else found.set(id, record.body as unknown as Instance);
  }
}
