import { justAfter, partitions } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { type Instance, liveAttempt } from "../../shared/instance/instance.ts";
import type { AttemptReport } from "../../shared/ports/backend.ts";
import type { Candidate, Store } from "../../shared/ports/store.ts";
import { recordReports } from "../reports/record-reports.ts";
import type { Engine } from "../runtime/engine.ts";

export interface Recovered {
  /** Attempts of an earlier process, given up and granted anew. */
  readonly attemptsLost: number;
  /** Everything that was not finished. */
  readonly open: number;
}

/**
 * After a crash: attempts that an earlier process held on `backends` are over, because its runners
 * ended with it. Each is reported lost, which fences it and brings a new attempt at once.
 */
export async function recoverLostAttempts(
  engine: Engine,
  backends: ReadonlySet<string>,
  claimedBeforeMs: number,
): Promise<Recovered> {
  let attemptsLost = 0;
  let open = 0;
  for (let shard = 0; shard < limits.wakeShards; shard++) {
    for await (const page of wakePages(engine.store, shard)) {
      const records = await engine.store.getMany(page.map(({ key }) => key));
      // Schedules and others wake, too, and are looked at by the first tick.
      const instances = records.flatMap((record) =>
        record?.type === "instance" ? [record.body as unknown as Instance] : [],
      );
      const reports = instances.flatMap((instance) =>
        lostReport(instance, backends, claimedBeforeMs),
      );
      open += instances.length;
      attemptsLost += reports.length;
      await recordReports(engine, reports);
    }
  }
  return { attemptsLost, open };
}

function lostReport(
  instance: Instance,
  backends: ReadonlySet<string>,
  claimedBeforeMs: number,
): readonly AttemptReport[] {
  const live = liveAttempt(instance);
  if (live === undefined || !backends.has(live.backend) || live.claimedAtMs >= claimedBeforeMs) {
    return [];
  }
  return [
    {
      kind: "failed",
      tenant: instance.tenant,
      instanceId: instance.id,
      attemptId: live.id,
      token: live.token,
      error: { class: "worker_lost", message: "the host was restarted while it held the attempt" },
    },
  ];
}

/** The whole wake index of a shard as it stood: later entries are this process's own work. */
async function* wakePages(store: Store, shard: number): AsyncGenerator<readonly Candidate[]> {
  let from: string | undefined;
  for (;;) {
    const page = await store.query({
      index: "wake",
      partition: partitions.wake(shard),
      ...(from === undefined ? {} : { from }),
      order: "ascending",
      limit: limits.storePageMax,
    });
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < limits.storePageMax) return;
    from = justAfter(last.sort);
  }
}
