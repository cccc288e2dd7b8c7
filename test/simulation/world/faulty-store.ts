import { IndexTables } from "../../../functions/adapters/memory/index-tables.ts";
import { TransientError } from "../../../shared/core/errors.ts";
import { limits } from "../../../shared/core/limits.ts";
import type {
  Candidate,
  Change,
  Conflict,
  Query,
  Store,
  StoredRecord,
  WriteResult,
} from "../../../shared/ports/store.ts";
import type { RandomStream } from "../engine/random-stream.ts";
import type { Environment } from "./environment.ts";
import type { World } from "./world.ts";

/** Whose write it is, and what that invocation was given. */
export interface Writer {
  readonly name: string;
  readonly task: unknown;
}

/** The one store of a run, as environments reach it: over a network, with everything that does. */
export class FaultyStores {
  /** Whose write is being applied; the checks ask for it. */
  writer: Writer | undefined;
  readonly #world: World;
  readonly #random: RandomStream;
  readonly #pastIndexes: IndexTables | undefined;
  #outageUntilMs = -1;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random("store");
    this.#pastIndexes = world.faults.isEnabled("staleIndex") ? this.#followLate() : undefined;
    this.#planOutages();
  }

  openFor(environment: Environment): Store {
    const { store } = this.#world;
    return {
      get: (key) => environment.call(`get ${key.pk}`, () => this.#read(() => store.get(key))),
      getMany: (keys) =>
        environment.call(`get ${keys.length}`, () => this.#read(() => store.getMany(keys))),
      query: (query) =>
        environment.call(`query ${query.partition}`, () => this.#read(() => this.#query(query))),
      write: (changes) => {
        const writer = { name: environment.name, task: environment.task };
        return environment.call(labelOf(changes), () => this.#write(writer, changes));
      },
      changes: (from, limit) =>
        environment.call("changes", () => this.#read(() => store.changes(from, limit))),
    };
  }

  async #read<Value>(read: () => Promise<Value>): Promise<Value> {
    if (this.#isOut() || this.#world.faults.strikes("readFailed")) {
      throw new TransientError("the read failed");
    }
    return read();
  }

  async #query(query: Query): Promise<readonly Candidate[]> {
    const late = query.index !== "primary" && !this.#world.faults.healed;
    return late && this.#pastIndexes !== undefined
      ? this.#pastIndexes.query(query)
      : this.#world.store.query(query);
  }

  async #write(writer: Writer, changes: readonly Change[]): Promise<WriteResult> {
    const { faults, store } = this.#world;
    if (changes.length > limits.changesPerWriteMax) {
      this.#world.violate("I29 bounds", `a write has ${changes.length} changes`);
    }
    if (this.#isOut() || faults.strikes("writeFailed")) {
      throw new TransientError("the write failed and was not applied");
    }
    if (faults.strikes("contention")) {
      const conflict = await this.#conflictWithNobody(changes);
      return { outcome: "lost", conflicts: [conflict] };
    }
    this.writer = writer;
    const result = await applied(store, changes, () => {
      this.writer = undefined;
    });
    if (result.outcome === "lost") {
      this.#world.saw("write lost its race");
      const isOfSlots = result.conflicts.some(({ current }) => current?.type === "slots");
      if (isOfSlots) this.#world.saw("slot conflict");
    }
    if (faults.strikes("writeTimedOut")) {
      this.#world.saw("write applied but answered with a timeout");
      throw new TransientError("the write's answer was lost");
    }
    return result;
  }

  /** A transaction may conflict with one that did not change the record in the end. */
  async #conflictWithNobody(changes: readonly Change[]): Promise<Conflict> {
    const changeIndex = this.#random.int(0, changes.length - 1);
    const change = changes[changeIndex];
    if (change === undefined) throw new RangeError("a write without changes");
    const key = change.kind === "put" ? change.record.key : change.key;
    return { changeIndex, current: await this.#world.store.get(key) };
  }

  #isOut(): boolean {
    return !this.#world.faults.healed && this.#world.loop.nowMs < this.#outageUntilMs;
  }

  #outFor(forMs: number): void {
    this.#outageUntilMs = Math.max(this.#outageUntilMs, this.#world.loop.nowMs + forMs);
  }

  #planOutages(): void {
    const { faults, loop, config } = this.#world;
    if (config.longOutage) {
      loop.after(this.#random.int(60_000, 240_000), "long outage", () => {
        this.#outFor(30 * 60_000);
        faults.note("outage");
        this.#world.saw("store out for half an hour");
      });
    }
    for (let count = 0; count < faults.timesPlanned("outage"); count++) {
      loop.after(this.#random.int(0, config.faultMinutes * 60_000), "outage", () => {
        this.#outFor(this.#random.int(5_000, 150_000));
        faults.note("outage");
      });
    }
  }

  /** Index rows follow each record late, one record's changes in their order. */
  #followLate(): IndexTables {
    const { store, loop, faults } = this.#world;
    const tables = new IndexTables();
    const latest = new Map<string, { shown: StoredRecord | undefined; dueMs: number }>();
    store.watch((changes) => {
      for (const { key, record } of changes) {
        const name = `${key.pk} ${key.sk}`;
        const row = latest.get(name) ?? { shown: undefined, dueMs: 0 };
        latest.set(name, row);
        const lagMs = faults.strikes("staleIndex") ? this.#random.int(100, 60_000) : 0;
        // One after the other: of one instant's events the seed would choose the order.
        row.dueMs = Math.max(row.dueMs + 1, loop.nowMs + lagMs);
        loop.after(row.dueMs - loop.nowMs, `index of ${name}`, () => {
          tables.update(row.shown, record);
          row.shown = record;
        });
      }
    });
    return tables;
  }
}

/** The in-memory store applies a write before it answers, so its watchers run inside this call. */
function applied(
  store: Store,
  changes: readonly Change[],
  afterwards: () => void,
): Promise<WriteResult> {
  const result = store.write(changes);
  afterwards();
  return result;
}

function labelOf(changes: readonly Change[]): string {
  const [first] = changes;
  if (first === undefined) return "write nothing";
  const key = first.kind === "put" ? first.record.key : first.key;
  const expected = first.kind === "add" ? "any" : first.expect;
  return `write ${changes.length} ${key.pk} ${key.sk} after ${expected}`;
}
