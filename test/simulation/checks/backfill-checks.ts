import type { Instance } from "../../../shared/instance/instance.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import type { FeedChange } from "../../../shared/ports/store.ts";
import type { Backfill, Slot } from "../../../shared/schedule/schedule.ts";
import type { World } from "../world/world.ts";
import type { CommitChecks } from "./commit-checks.ts";
import { SlotOracle } from "./slot-oracle.ts";

const rule = "backfill bounds";

/** Follows every backfill write by write: its slots once each, and never more open than it may have. */
export class BackfillChecks {
  readonly #world: World;
  readonly #commits: CommitChecks;
  readonly #backfills = new Map<string, Backfill>();
  readonly #instances = new Map<string, string[]>();

  constructor(world: World, commits: CommitChecks) {
    this.#world = world;
    this.#commits = commits;
    world.store.watch((changes) => {
      for (const change of changes) this.#checkMade(change);
      for (const { record } of changes) {
        if (record?.type === "backfill") this.#follow(record.body as unknown as Backfill);
        if (record?.type === "slot") this.#checkSlot(record.body as unknown as Slot);
      }
    });
  }

  get running(): number {
    return [...this.#backfills.values()].filter(({ state }) => state === "running").length;
  }

  isRunning(id: string): boolean {
    return this.#backfills.get(id)?.state === "running";
  }

  /** Runs before the backfill of the same write is followed, so it is asked what it was before. */
  #checkMade({ record }: FeedChange): void {
    if (record?.type !== "instance" || record.version !== 1) return;
    const { id, origin } = record.body as unknown as Instance;
    if (origin?.kind !== "schedule" || origin.backfill === undefined) return;
    if (!this.isRunning(origin.backfill)) {
      this.#world.violate(rule, `${id} was made for ${origin.backfill}, which does not run`);
    }
    const made = this.#instances.get(origin.backfill) ?? [];
    this.#instances.set(origin.backfill, [...made, id]);
  }

  #follow(after: Backfill): void {
    const { id, open, request, fired, leftOut, refused, total, succeeded, failed, state } = after;
    const before = this.#backfills.get(id);
    this.#backfills.set(id, after);
    const complain = (detail: string): void => this.#world.violate(rule, `${id} ${detail}`);
    if (before === undefined) {
      const [fromMs, toMs] = [Date.parse(request.from), Date.parse(request.to)];
      if (total !== this.#oracle(after).inStretch(fromMs, toMs - 1).length) {
        complain(`has ${total} slots`);
      }
      return;
    }
    if (before.state !== "running") complain(`was changed although it was ${before.state}`);
    const made = this.#instances.get(id) ?? [];
    const alive = made.filter((instanceId) => {
      const instance = this.#commits.instances.get(instanceId);
      return instance !== undefined && !isTerminal(instance.state);
    });
    if (Math.max(open.length, alive.length) > request.concurrency) {
      complain(`has ${alive.length} open instances, at most ${request.concurrency} may be`);
    }
    if (fired !== made.length) complain(`counts ${fired} of ${made.length} instances`);
    if (fired + leftOut + refused > total) complain(`has taken up more than its ${total} slots`);
    if (request.slots === "all" && leftOut > 0) complain("left out what it was to run again");
    if (leftOut > before.leftOut) this.#world.saw("backfill left out a fired slot");
    if (state === "cancelled") this.#world.saw("backfill cancelled");
    if (state !== "finished") return;
    this.#world.saw("backfill finished");
    if (fired + leftOut + refused !== total) complain(`finished before its ${total} slots`);
    if (succeeded + failed !== fired) complain(`counts ${succeeded + failed} ends of ${fired}`);
  }

  #checkSlot({ backfill, nominalMs }: Slot): void {
    const of = backfill === undefined ? undefined : this.#backfills.get(backfill);
    if (of === undefined) return;
    const { from, to } = of.request;
    const isWithin = nominalMs >= Date.parse(from) && nominalMs < Date.parse(to);
    if (isWithin && this.#oracle(of).inStretch(nominalMs, nominalMs).length === 1) return;
    this.#world.violate(rule, `${of.id} took up ${nominalMs}, which is no slot of its range`);
  }

  #oracle({ tenant, schedule, spec, anchorMs }: Backfill): SlotOracle {
    return new SlotOracle({ tenant, name: schedule, spec, anchorMs, sinceMs: -Infinity });
  }
}
