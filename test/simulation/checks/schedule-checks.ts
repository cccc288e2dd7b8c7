import type { Instance, Origin } from "../../../shared/instance/instance.ts";
import type { FeedChange } from "../../../shared/ports/store.ts";
import { haveSameTimes } from "../../../shared/schedule/change-schedule.ts";
import type { Backfill, Schedule, Slot } from "../../../shared/schedule/schedule.ts";
import type { FaultyStores } from "../world/faulty-store.ts";
import type { ScheduleWatch } from "../world/schedule-clients.ts";
import type { World } from "../world/world.ts";
import type { BackfillChecks } from "./backfill-checks.ts";
import type { CommitChecks } from "./commit-checks.ts";
import { checkMisfire } from "./misfire-checks.ts";
import { checkOverlap } from "./overlap-checks.ts";
import { SlotOracle } from "./slot-oracle.ts";

export type SlotOrigin = Extract<Origin, { readonly kind: "schedule" }>;

/** All that was ever known under the name of a schedule. */
export interface Known {
  readonly tenant: string;
  readonly name: string;
  present: Schedule | undefined;
  incarnation: number;
  /** The highest there has been. */
  generation: number;
  /** Settled slots, each with its generation, runs written out. */
  readonly settled: Map<string, Slot>;
  /** Instances of slots in the order of their writes, with the incarnation that made them. */
  readonly instances: { readonly id: string; readonly incarnation: number; overlaps: boolean }[];
}

/** What one write says about schedules. */
interface SlotWrite {
  readonly schedules: readonly FeedChange[];
  readonly slots: readonly { readonly of: Known; readonly slot: Slot; readonly version: number }[];
  readonly created: readonly Instance[];
  /** When a schedule was deleted by it, by the clock of whoever did. */
  readonly deletedAtMs: number | undefined;
}

/** Follows every schedule write by write: each slot once, in order, with what the policies say. */
export class ScheduleChecks implements ScheduleWatch {
  readonly known = new Map<string, Known>();
  readonly #world: World;
  readonly #stores: FaultyStores;
  readonly #commits: CommitChecks;
  readonly #backfills: BackfillChecks;
  #healedAtMs = Number.POSITIVE_INFINITY;

  constructor(
    world: World,
    stores: FaultyStores,
    commits: CommitChecks,
    backfills: BackfillChecks,
  ) {
    this.#world = world;
    this.#stores = stores;
    this.#commits = commits;
    this.#backfills = backfills;
    world.store.watch((changes) => this.#check(changes));
  }

  /** True when no slot is to come and no backfill is under way. */
  get isQuiet(): boolean {
    for (const { present } of this.known.values()) {
      if (present?.state === "active" || present?.mirror?.state === "pending") return false;
    }
    return this.#backfills.running === 0;
  }

  /** From here on everything is in time. */
  healed(): void {
    this.#healedAtMs = this.#world.wallMs();
  }

  /** A message has come to the intake; only what the service fired is of interest. */
  arrived(body: string): void {
    if (!body.includes("executionId") || !body.endsWith("}")) return;
    const { tenant, name, generation } = JSON.parse(body) as {
      readonly tenant: string;
      readonly name: string;
      readonly generation: number;
    };
    const present = this.#of(tenant, name).present;
    if (present === undefined) this.#world.saw("firing of a deleted schedule");
    else if (present.state === "paused") this.#world.saw("firing of a paused schedule");
    else if (present.generation > generation) this.#world.saw("firing of an older generation");
    else if ((present.nextDueMs ?? Infinity) <= this.#world.wallMs()) {
      this.#world.saw("firing before its slot was settled");
    }
  }

  acknowledged({ tenant, name, revision, createdAtMs }: Schedule): void {
    const { present } = this.#of(tenant, name);
    if (present?.createdAtMs !== createdAtMs || present.revision >= revision) return;
    this.#world.violate("I33 read your submit", `${name}: revision ${revision} is not stored`);
  }

  incarnation(tenant: string, name: string): number {
    return this.#of(tenant, name).incarnation;
  }

  deleted(tenant: string, name: string, incarnation: number): void {
    const { present, incarnation: now } = this.#of(tenant, name);
    if (present === undefined || now > incarnation) return;
    this.#world.violate("I12 old generations", `${name} is there although it was deleted`);
  }

  cancelled({ id }: Backfill): void {
    if (!this.#backfills.isRunning(id)) return;
    this.#world.violate("backfill bounds", `${id} goes on although it was cancelled`);
  }

  endless(): readonly { readonly tenant: string; readonly name: string }[] {
    return [...this.known.values()].filter(
      ({ present }) => present?.state === "active" && present.spec.endAt === undefined,
    );
  }

  #of(tenant: string, name: string): Known {
    const key = `${tenant} ${name}`;
    const known = this.known.get(key) ?? {
      tenant,
      name,
      present: undefined,
      incarnation: 0,
      generation: 0,
      settled: new Map(),
      instances: [],
    };
    this.known.set(key, known);
    return known;
  }

  #check(changes: readonly FeedChange[]): void {
    const write = this.#read(changes);
    const wasPresent = new Map([...this.known.values()].map((known) => [known, known.present]));
    for (const { of, slot, version } of write.slots) {
      const before = wasPresent.get(of);
      if (before !== undefined) this.#settle(of, before, slot, version);
    }
    for (const change of write.schedules) this.#follow(change, write);
    for (const instance of write.created) {
      const origin = instance.origin as SlotOrigin;
      const of = this.#of(instance.tenant, origin.schedule);
      this.#checkCreated(of, wasPresent.get(of), instance, origin, write);
    }
  }

  #read(changes: readonly FeedChange[]): SlotWrite {
    let deletedAtMs: number | undefined;
    const slots = changes.flatMap(({ record, key }) => {
      if (record?.type !== "slot") return [];
      const [, tenant = "", , name = ""] = key.pk.split("#");
      const slot = record.body as unknown as Slot;
      if (key.sk.endsWith("deleted")) deletedAtMs = slot.atMs;
      else return [{ of: this.#of(tenant, name), slot, version: record.version }];
      return [];
    });
    const created = changes.flatMap(({ record }) => {
      if (record?.type !== "instance" || record.version !== 1) return [];
      const instance = record.body as unknown as Instance;
      return instance.origin?.kind === "schedule" ? [instance] : [];
    });
    return {
      slots,
      created,
      deletedAtMs,
      schedules: changes.filter(({ type }) => type === "schedule"),
    };
  }

  /** A slot is settled once, by the generation that had it, and a fired one has its instance. */
  #settle(of: Known, before: Schedule, slot: Slot, version: number): void {
    const { generation, nominalMs, untilMs, count = 1, outcome } = slot;
    const name = `${of.name}.${generation} slot ${nominalMs}`;
    if (version !== 1) this.#world.violate("I9 slot once", `${name} was settled again`);
    if (outcome === "fired") this.#checkInstanceOf(of, slot);
    if (slot.backfill !== undefined) return;
    const oracle = new SlotOracle(before);
    const fires = oracle.between(nominalMs - 1, untilMs ?? nominalMs);
    if (generation !== before.generation || before.state === "completed") {
      this.#world.violate("I12 old generations", `${name} was settled in ${before.generation}`);
    }
    if (fires.length !== count) {
      this.#world.violate("I9 slot once", `${name} stands for ${count} of ${fires.length} slots`);
    }
    for (const fire of fires) {
      const key = `${of.incarnation}.${generation}.${fire.nominalMs}`;
      if (of.settled.has(key)) this.#world.violate("I9 slot once", `${name} was settled twice`);
      of.settled.set(key, slot);
    }
    const wasQueued = before.queued?.nominalMs === nominalMs;
    if (!wasQueued) checkMisfire(this.#world, before, oracle, slot);
    this.#noteSlot(before, slot, wasQueued);
    const [fire] = fires;
    const settledInTime = this.#world.wallMs() - (fire?.effectiveMs ?? 0) < 200_000;
    if (wasQueued || fire === undefined || fire.dueMs < this.#healedAtMs + 200_000) return;
    const isMissed = outcome === "missed" && slot.reason?.startsWith("nobody looked") === true;
    if (outcome === "skipped" || (settledInTime && !isMissed)) return;
    this.#world.violate("I28 progress", `${name} was settled late, long after faults had stopped`);
  }

  #noteSlot(before: Schedule, { outcome, reason = "" }: Slot, wasQueued: boolean): void {
    const world = this.#world;
    if (wasQueued && outcome === "fired") world.saw("slot queued behind an open instance");
    if (outcome === "skipped" && reason.includes("not finished yet")) {
      world.saw("slot skipped for overlap");
    } else if (outcome === "skipped" && !wasQueued) {
      world.saw("slots passed over by a change");
    }
    if (reason.includes("was cancelled for it")) world.saw("instance cancelled for the next slot");
    if (outcome !== "fired" || !before.name.startsWith("herd")) return;
    if (before.name.endsWith("-1")) world.saw("many slots at one instant");
  }

  #checkInstanceOf(of: Known, slot: Slot): void {
    const { instanceId = "", generation, nominalMs, backfill } = slot;
    const instance = this.#commits.instances.get(instanceId);
    const origin = instance?.origin as SlotOrigin | undefined;
    const isOf =
      origin?.schedule === of.name &&
      origin.generation === generation &&
      origin.nominalAtMs === nominalMs &&
      // A backfill that was faster leaves its instance to the schedule.
      (backfill === undefined || origin.backfill === backfill);
    if (isOf && instance?.tenant === of.tenant) return;
    this.#world.violate("I9 slot once", `${of.name} slot ${nominalMs} has no instance`);
  }

  /** Between two writes of a schedule, every slot that it leaves behind is settled or queued. */
  #follow({ record, key }: FeedChange, write: SlotWrite): void {
    const [, tenant = ""] = key.pk.split("#");
    const of = this.#of(tenant, key.sk);
    const before = of.present;
    const after = record?.body as unknown as Schedule | undefined;
    of.present = after;
    if (before === undefined && after !== undefined) {
      of.incarnation += 1;
      if (after.generation <= of.generation) {
        this.#world.violate("I12 old generations", `${of.name} has an old generation again`);
      }
    }
    of.generation = Math.max(of.generation, after?.generation ?? 0);
    if (after !== undefined) this.#checkRecord(of, after);
    if (before !== undefined) this.#checkPassed(of, before, after, write);
  }

  #checkPassed(of: Known, before: Schedule, after: Schedule | undefined, write: SlotWrite): void {
    const isSame = after?.generation === before.generation;
    const haveSameSlots =
      after?.sinceMs === before.sinceMs && haveSameTimes(before.spec, after.spec);
    if (isSame && !haveSameSlots) {
      this.#world.violate(
        "I12 old generations",
        `${of.name} changed its slots within a generation`,
      );
    }
    if (isSame && after.handledMs < before.handledMs) {
      this.#world.violate("I9 slot once", `${of.name} went back to ${after.handledMs}`);
    }
    if (after !== undefined && after.generation < before.generation) {
      this.#world.violate("I12 old generations", `${of.name} went back to ${after.generation}`);
    }
    const endMs = after?.sinceMs ?? write.deletedAtMs ?? before.handledMs;
    const untilMs = isSame ? after.handledMs : endMs;
    const left = new Set(
      new SlotOracle(before).between(before.handledMs, untilMs).map(({ nominalMs }) => nominalMs),
    );
    if (before.queued !== undefined) left.add(before.queued.nominalMs);
    if (isSame && after.queued !== undefined) left.delete(after.queued.nominalMs);
    for (const nominalMs of left) {
      if (of.settled.has(`${of.incarnation}.${before.generation}.${nominalMs}`)) continue;
      if (after === undefined && before.state === "paused") continue;
      this.#world.violate("I9 slot once", `${of.name} left slot ${nominalMs} behind`);
    }
  }

  /** What can be seen from the record: its next slot, and that it wakes for it. */
  #checkRecord(of: Known, schedule: Schedule): void {
    const { state, handledMs, nextNominalMs, nextDueMs = Infinity, wakeAtMs, queued } = schedule;
    if (state !== "active") return;
    const next = new SlotOracle(schedule).after(handledMs);
    if (next?.nominalMs !== nextNominalMs) {
      this.#world.violate("I9 slot once", `${of.name} expects ${nextNominalMs} next`);
    }
    if (next === undefined && queued === undefined) {
      this.#world.violate("I28 progress", `${of.name} is active without any slot to come`);
    }
    if (wakeAtMs === undefined || (queued === undefined && wakeAtMs > nextDueMs)) {
      this.#world.violate("I28 progress", `${of.name} wakes at ${wakeAtMs} for ${nextDueMs}`);
    }
  }

  /** No instance but from a slot of what is in force, written together with the slot. */
  #checkCreated(
    of: Known,
    before: Schedule | undefined,
    instance: Instance,
    origin: SlotOrigin,
    write: SlotWrite,
  ): void {
    if (origin.byHand === true) return;
    const name = `${instance.id} of ${of.name}.${origin.generation} slot ${origin.nominalAtMs}`;
    const slot = write.slots.find((each) => each.slot.instanceId === instance.id)?.slot;
    if (slot === undefined) {
      this.#world.violate("I9 slot once", `${name} was made without its slot`);
    }
    if (origin.backfill !== undefined) return;
    if (before?.state !== "active" || before.generation !== origin.generation) {
      const is = before === undefined ? "deleted" : `${before.state} in ${before.generation}`;
      this.#world.violate("I12 old generations", `${name} was made while the schedule was ${is}`);
      return;
    }
    const effectiveMs = new SlotOracle(before).at(origin.nominalAtMs)?.effectiveMs ?? Infinity;
    const wasQueued = before.queued?.nominalMs === origin.nominalAtMs;
    if (!wasQueued && instance.dueAtMs < effectiveMs) {
      this.#world.violate("I10 not early", `${name} is due at ${instance.dueAtMs}`);
    }
    if (!this.#isFiredByService()) this.#world.saw("slot fired by its wake, not by the service");
    checkOverlap(this.#world, this.#commits, of, before, name);
    of.instances.push({
      id: instance.id,
      incarnation: of.incarnation,
      overlaps: before.spec.overlap === "allow",
    });
  }

  /** Whether one of the messages that led to the present write says that the service has fired. */
  #isFiredByService(): boolean {
    const bodies = this.#stores.writer?.task as readonly string[] | undefined;
    return bodies?.some((body) => body.includes("executionId")) ?? false;
  }
}
