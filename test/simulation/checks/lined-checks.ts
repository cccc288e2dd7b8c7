import type { ErrorCode } from "../../../shared/core/error-codes.ts";
import { keyOfValue, valueAtPath } from "../../../shared/core/path-expression.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import type { Gathering } from "../../../shared/task/gathering.ts";
import type { SubmitItem } from "../world/workload.ts";
import type { World } from "../world/world.ts";
import { bodiesIn, type DefinitionOf, type GateWrite } from "./gate-write.ts";

interface Joined {
  readonly instanceId: string;
}

/** Tasks of which one instance at most is open, and those that gather submissions. */
export class LinedChecks {
  readonly #world: World;
  readonly #definitionOf: DefinitionOf;
  /** Open instances of each singleton, by tenant, task and key. */
  readonly #open = new Map<string, Set<string>>();
  readonly #joined = new Map<string, string>();
  readonly #instances = new Map<string, Instance>();
  /** What was acknowledged as part of each instance that gathers, by its content. */
  readonly #acknowledged = new Map<string, string[]>();
  /** Of those, how many the answer did not call a repeat. */
  readonly #taken = new Map<string, number>();
  #isUnclear = false;

  constructor(world: World, definitionOf: DefinitionOf) {
    this.#world = world;
    this.#definitionOf = definitionOf;
  }

  check(write: GateWrite): void {
    for (const { before, after } of write.moves) {
      const spec = this.#definitionOf(after)?.spec;
      if (spec?.singleton !== undefined) this.#noteOpen(after, spec.singleton.key);
      if (spec?.gather === undefined) continue;
      this.#instances.set(after.id, after);
      this.#checkGathered(before, after, spec.gather);
    }
    for (const { before, after } of write.moves) {
      if (before === undefined || isTerminal(before.state)) this.#checkAlone(after);
    }
    for (const { tenant, name, body } of bodiesIn<Joined>(write, "joined")) {
      const present = this.#joined.get(`${tenant} ${name}`);
      this.#joined.set(`${tenant} ${name}`, body.instanceId);
      if (present === undefined || present === body.instanceId) continue;
      this.#gathering(`${name} was part of ${present}, and now is of ${body.instanceId}`);
    }
  }

  /** Whether its task locks or gathers, so that it may not be what was submitted. */
  isLined(instance: Instance): boolean {
    const spec = this.#definitionOf(instance)?.spec;
    return spec?.singleton !== undefined || spec?.gather !== undefined;
  }

  accepted(tenant: string, item: SubmitItem, instance: Instance, repeated: boolean): void {
    if (instance.tenant !== tenant || instance.task !== item.task) {
      this.#gathering(`${item.input.n} of ${item.task} became part of ${instance.id}`);
    }
    const gather = this.#definitionOf(instance)?.spec.gather;
    if (gather === undefined) {
      if (repeated) this.#world.saw("singleton answered with the open one");
      return;
    }
    const parts = this.#acknowledged.get(instance.id) ?? [];
    this.#acknowledged.set(instance.id, [...parts, item.input.n]);
    if (!repeated) this.#taken.set(instance.id, (this.#taken.get(instance.id) ?? 0) + 1);
    const stored = this.#instances.get(instance.id);
    if (gather.mode === "batch" && !contentsOf(stored).includes(item.input.n)) {
      this.#gathering(`${item.input.n} was acknowledged as part of ${instance.id}, and is not`);
    }
  }

  refused(code: ErrorCode): void {
    if (code === "singleton_open") this.#world.saw("singleton refused");
    if (code === "unavailable") this.#isUnclear = true;
    if (code === "switched_off") this.#world.saw("submission while all is switched off");
    if (code === "budget_exhausted") this.#world.saw("submission without money");
    if (code === "too_many_requests") this.#world.saw("submission beyond its quota");
  }

  unanswered(): void {
    this.#isUnclear = true;
  }

  checkEnd(): void {
    for (const [id, parts] of this.#acknowledged) {
      const instance = this.#instances.get(id);
      const count = instance?.gathered?.items ?? 0;
      if (new Set(parts).size > count) {
        this.#gathering(`${id} stands for ${count} submissions, acknowledged were ${parts}`);
      }
      // Where every submission was answered, the answers say it all.
      const taken = this.#taken.get(id) ?? 0;
      if (this.#isUnclear || taken === count) continue;
      this.#gathering(`${id} stands for ${count} submissions, ${taken} were acknowledged`);
    }
    this.#checkOnce();
  }

  /** What has a key is part of one batch, and only once, however often it was submitted. */
  #checkOnce(): void {
    const seen = new Map<string, string>();
    for (const instance of this.#instances.values()) {
      for (const content of contentsOf(instance)) {
        if (!content.startsWith("k")) continue;
        const name = `${instance.tenant} ${content}`;
        const other = seen.get(name);
        seen.set(name, instance.id);
        if (other === undefined) continue;
        this.#gathering(`${content} is part of ${other} and of ${instance.id}`);
      }
    }
  }

  #noteOpen(instance: Instance, path: string | undefined): void {
    const name = singletonOf(instance, path);
    const open = this.#open.get(name) ?? new Set();
    this.#open.set(name, open);
    if (isTerminal(instance.state)) open.delete(instance.id);
    else open.add(instance.id);
  }

  /** Once all of the write counts: one may end in it as another begins. */
  #checkAlone(instance: Instance): void {
    const singleton = this.#definitionOf(instance)?.spec.singleton;
    if (singleton === undefined) return;
    const open = this.#open.get(singletonOf(instance, singleton.key)) ?? new Set();
    if (open.size <= 1) return;
    this.#world.violate("one of a singleton", `${[...open].join(" and ")} are open together`);
  }

  #checkGathered(before: Instance | undefined, after: Instance, gather: Gathering): void {
    const items = after.gathered?.items ?? 0;
    const added = items - (before?.gathered?.items ?? 0);
    const command = after.history.at(-1)?.command;
    if (added < 0 || (added > 0 && command !== "submit" && command !== "amend")) {
      this.#gathering(`${after.id}: ${command} added ${added} submissions`);
    }
    if (gather.mode === "batch") this.#checkBatch(before, after, gather);
    else if (added === 0 && before !== undefined && before.input !== after.input) {
      const same = JSON.stringify(before.input) === JSON.stringify(after.input);
      if (!same) this.#gathering(`${after.id}: its input was changed by ${command}`);
    }
    if (after.attemptCount > 0 || after.round > 1) return;
    const seconds = gather.mode === "batch" ? gather.seconds : (gather.maxSeconds ?? 3_600);
    const clocksMs = this.#world.faults.isEnabled("skewedClock") ? 600_000 : 0;
    const jumpsMs = this.#world.faults.isEnabled("clockJump") ? 600_000 : 0;
    const latestMs = after.createdAtMs + seconds * 1_000 + clocksMs + jumpsMs;
    // What is full starts at once, which by another clock may be later.
    if (after.dueAtMs > latestMs && after.waiting === "delayed") {
      this.#gathering(`${after.id} gathers ${after.dueAtMs - latestMs} ms too long`);
    }
  }

  #checkBatch(
    before: Instance | undefined,
    after: Instance,
    gather: Extract<Gathering, { mode: "batch" }>,
  ): void {
    const [was, is] = [contentsOf(before), contentsOf(after)];
    if (is.length !== after.gathered?.items || is.length > gather.max) {
      this.#gathering(
        `${after.id} has ${is.length} items and stands for ${after.gathered?.items} of ${gather.max}`,
      );
    }
    if (was.some((content, place) => is[place] !== content)) {
      this.#gathering(`${after.id}: ${was} became ${is}`);
    }
  }

  #gathering(detail: string): void {
    this.#world.violate("gathered once", detail);
  }
}

function singletonOf(instance: Instance, path: string | undefined): string {
  const key = path === undefined ? "-" : keyOfValue(valueAtPath(instance, path));
  return `${instance.tenant} ${instance.task} ${key}`;
}

/** The contents of a batch, in its order. */
function contentsOf(instance: Instance | undefined): readonly string[] {
  const input = instance?.input as
    | { readonly items?: readonly { readonly n: string }[] }
    | undefined;
  return input?.items?.map(({ n }) => n) ?? [];
}
