import { auditInstance } from "../../../shared/instance/audit.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import type { FeedChange, StoredRecord } from "../../../shared/ports/store.ts";
import type { TaskVersion } from "../../../shared/task/task.ts";
import type { FaultyStores } from "../world/faulty-store.ts";
import type { World } from "../world/world.ts";
import { GateChecks } from "./gate-checks.ts";
import { checkLogs } from "./log-checks.ts";
import { checkHistoryKept, checkIdentityKept, checkMove } from "./move-checks.ts";
import { checkWriter } from "./writer-checks.ts";

/** What people may delete; one of the same name that comes later is another one. */
const deletable: ReadonlySet<string> = new Set(["schedule", "trigger"]);

/** Sees every accepted write, in order, and checks it against everything that came before. */
export class CommitChecks {
  /** The newest version of each instance. */
  readonly instances = new Map<string, Instance>();
  /** Every change of state by its dedup key. */
  readonly transitions = new Set<string>();
  /** By attempt id, by the true clock. */
  readonly claimedAtMs = new Map<string, number>();
  readonly endedAtMs = new Map<string, number>();
  readonly gates: GateChecks;
  open = 0;
  readonly #world: World;
  readonly #stores: FaultyStores;
  readonly #latest = new Map<string, StoredRecord>();
  readonly #definitions = new Map<string, TaskVersion>();

  constructor(world: World, stores: FaultyStores) {
    this.#world = world;
    this.#stores = stores;
    this.gates = new GateChecks(world, ({ tenant, task, taskVersion }) =>
      this.#definitions.get(`${tenant} ${task} ${taskVersion}`),
    );
    world.store.watch((changes) => {
      const before = new Map(this.#writtenIn(changes));
      for (const change of changes) this.#check(change);
      this.gates.check(changes, before);
      checkLogs(world, stores.writer, changes, this.instances);
    });
  }

  /** The instances that a write changes, as they were. */
  #writtenIn(changes: readonly FeedChange[]): readonly (readonly [string, Instance])[] {
    return changes.flatMap(({ record }) => {
      if (record?.type !== "instance") return [];
      const before = this.instances.get((record.body as unknown as Instance).id);
      return before === undefined ? [] : [[before.id, before] as const];
    });
  }

  #check(change: FeedChange): void {
    const { record, key } = change;
    if (record === undefined && deletable.has(change.type)) {
      this.#latest.delete(`${key.pk} ${key.sk}`);
      return;
    }
    if (record === undefined) {
      this.#world.violate("I18 audit", `${key.pk} was deleted`);
      return;
    }
    const name = `${key.pk} ${key.sk}`;
    const before = this.#latest.get(name);
    this.#latest.set(name, record);
    if (record.version !== (before?.version ?? 0) + 1) {
      this.#world.violate(
        "I19 versions",
        `${name} went from ${before?.version} to ${record.version}`,
      );
    }
    if (record.type === "instance") this.#checkInstance(record.body as unknown as Instance);
    if (record.type === "task-version") this.#checkDefinition(name, before, record);
    // Which tenants are watched over is noted in records of the same kind.
    if (record.type === "checkpoint" && "position" in record.body)
      this.#checkCheckpoint(before, record);
  }

  #checkInstance(after: Instance): void {
    const before = this.instances.get(after.id);
    this.instances.set(after.id, after);
    this.open +=
      Number(!isTerminal(after.state)) - Number(before !== undefined && !isTerminal(before.state));
    const definition = this.#definitions.get(`${after.tenant} ${after.task} ${after.taskVersion}`);
    for (const { invariant, detail } of auditInstance(after, definition)) {
      this.#world.violate(invariant, `${after.id}: ${detail}`);
    }
    checkHistoryKept(this.#world, before, after);
    checkIdentityKept(this.#world, before, after);
    checkMove(this.#world, before, after);
    checkWriter(this.#world, this.#stores.writer, before, after);
    this.#noteTimes(after);
    const entry = after.history.at(-1);
    if (entry !== undefined && entry.from !== entry.to) {
      this.transitions.add(`${after.id}#${after.version}`);
    }
  }

  #noteTimes({ attempts }: Instance): void {
    const last = attempts.at(-1);
    if (last === undefined) return;
    const times = last.outcome === undefined ? this.claimedAtMs : this.endedAtMs;
    if (!times.has(last.id)) times.set(last.id, this.#world.wallMs());
  }

  #checkDefinition(name: string, before: StoredRecord | undefined, record: StoredRecord): void {
    if (before !== undefined) this.#world.violate("definitions are immutable", name);
    const definition = record.body as unknown as TaskVersion;
    const { tenant, taskVersion } = definition;
    this.#definitions.set(`${tenant} ${definition.name} ${taskVersion}`, definition);
  }

  #checkCheckpoint(before: StoredRecord | undefined, record: StoredRecord): void {
    const { position: from = "0" } = before?.body ?? {};
    const { position: to } = record.body;
    if (Number(to) > Number(from)) return;
    this.#world.violate("checkpoint grows", `${record.key.sk} went from ${from} to ${to}`);
  }
}
