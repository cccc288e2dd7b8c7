import { timeOfSort } from "../../../shared/contract/keys.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { Candidate } from "../../../shared/ports/store.ts";
import type { TaskSpec } from "../../../shared/task/task.ts";
import { MergedScan } from "../../lists/merged-scan.ts";
import type { Engine } from "../../runtime/engine.ts";
import { readInstances } from "../instances/list-instances.ts";

export interface HistoryRange {
  readonly tenant: string;
  readonly task?: string | undefined;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Instances to read at most. */
  readonly instancesMax: number;
}

/** How far a scan came. */
export interface HistoryCovered {
  readonly scanned: number;
  /** Present when not everything was read: why, and the oldest instant that was. */
  readonly truncated?: { readonly by: "instances" | "time"; readonly coveredSinceMs: number };
}

/** Index rows asked for at once, records per read, and reads under way together. */
const candidatesAtOnce = 4_000;
const recordsAtOnce = 500;

/**
 * Shows stored instances to `visit`, newest first, with what their task's version says. Stops at
 * `instancesMax`, or when `limits.whatIfMsMax` have passed, and says so.
 */
export async function scanHistory(
  engine: Engine,
  range: HistoryRange,
  visit: (instance: Instance, spec: TaskSpec | undefined) => void,
): Promise<HistoryCovered> {
  const { instancesMax, ...where } = range;
  const scan = await MergedScan.open(engine.store, { ...where, order: "descending" });
  const specs = new SpecReader(engine, range.tenant);
  const endAtMs = engine.clock.now() + limits.whatIfMsMax;
  let scanned = 0;
  let candidates = await scan.take(Math.min(candidatesAtOnce, instancesMax));
  for (;;) {
    const last = candidates.at(-1);
    if (last === undefined) return { scanned };
    scanned += candidates.length;
    const left = instancesMax - scanned;
    // The index is asked for what follows while the records are read.
    const [following] = await Promise.all([
      scan.take(Math.min(candidatesAtOnce, left)),
      visitAll(engine, specs, candidates, visit),
    ]);
    const timeIsUp = engine.clock.now() >= endAtMs;
    if (left > 0 && !(timeIsUp && following.length > 0)) {
      candidates = following;
      continue;
    }
    if (left === 0 && (await scan.isDone())) return { scanned };
    const coveredSinceMs = timeOfSort(last.sort);
    return { scanned, truncated: { by: left === 0 ? "instances" : "time", coveredSinceMs } };
  }
}

async function visitAll(
  engine: Engine,
  specs: SpecReader,
  candidates: readonly Candidate[],
  visit: (instance: Instance, spec: TaskSpec | undefined) => void,
): Promise<void> {
  const pages: Promise<readonly (Instance | undefined)[]>[] = [];
  for (let place = 0; place < candidates.length; place += recordsAtOnce) {
    pages.push(readInstances(engine, candidates.slice(place, place + recordsAtOnce)));
  }
  for (const page of await Promise.all(pages)) {
    for (const instance of page) {
      // Finished instances are deleted after their keeping time, perhaps just now.
      if (instance === undefined) continue;
      const known = specs.known(instance);
      visit(instance, known === undefined ? await specs.read(instance) : known.spec);
    }
  }
}

/** Versions of tasks, each read once. */
class SpecReader {
  readonly #engine: Engine;
  readonly #tenant: string;
  readonly #specs = new Map<string, { readonly spec: TaskSpec | undefined }>();

  constructor(engine: Engine, tenant: string) {
    this.#engine = engine;
    this.#tenant = tenant;
  }

  known({ task, taskVersion }: Instance): { readonly spec: TaskSpec | undefined } | undefined {
    return this.#specs.get(`${task}#${taskVersion}`);
  }

  async read({ task, taskVersion }: Instance): Promise<TaskSpec | undefined> {
    const version = await this.#engine.definitions.version(this.#tenant, task, taskVersion);
    this.#specs.set(`${task}#${taskVersion}`, { spec: version?.spec });
    return version?.spec;
  }
}
