import { lineSort } from "../../../shared/contract/keys.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { World } from "../world/world.ts";
import type { AttemptChange, GateWrite } from "./gate-write.ts";

interface Waiter {
  readonly waitingFor: string;
  readonly sort: string;
  readonly sinceMs: number;
}

/** Nobody takes a slot for which others of its line are better placed, and everybody can see them. */
export class LineChecks {
  readonly #world: World;
  /** Who waits at a gate's slots, by tenant and gate, by instance. */
  readonly #lines = new Map<string, Map<string, Waiter>>();
  readonly #places = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  check(write: GateWrite): void {
    for (const { after } of write.moves) this.#place(after, write.atMs);
  }

  /** `room` is what was left before this claim; undefined where a bound was changed just now. */
  checkClaim(
    { instance, attempt }: AttemptChange,
    gate: string,
    room: number | undefined,
    atMs: number,
  ): void {
    const line = this.#lines.get(`${instance.tenant} slots:${gate}`);
    if (line === undefined || room === undefined) return;
    const own = lineSort(instance.priority, instance.dueAtMs, instance.id);
    const others = [...line].filter(([id]) => id !== instance.id);
    const before = others.filter(([, { sort }]) => sort < own);
    const seen = before.filter(([, { sinceMs }]) => sinceMs < atMs - this.#unseenMs);
    if (others.some(([, { sort }]) => sort > own)) this.#world.saw("line served in its order");
    if (seen.length < room) return;
    const names = seen.map(([id]) => id).join(", ");
    this.#world.violate("lines in order", `${attempt.id} took a slot of ${gate} before ${names}`);
  }

  /** For so long whoever takes a slot may not see a waiter: its own calls, and an index that is late. */
  get #unseenMs(): number {
    const { faults } = this.#world;
    const callsMs = faults.isEnabled("slowCall") ? 80_000 : 5_000;
    return callsMs + (faults.isEnabled("staleIndex") ? 60_000 : 0);
  }

  #place(instance: Instance, atMs: number): void {
    const { id, tenant, priority, dueAtMs, waitingFor = "", state } = instance;
    const name = `${tenant} ${waitingFor}`;
    const present = this.#places.get(id);
    const waits = state === "pending" && waitingFor.startsWith("slots:");
    if (waits && present === name) return;
    if (present !== undefined) this.#lines.get(present)?.delete(id);
    this.#places.delete(id);
    if (!waits) return;
    const line = this.#lines.get(name) ?? new Map<string, Waiter>();
    this.#lines.set(name, line);
    this.#places.set(id, name);
    line.set(id, { waitingFor, sort: lineSort(priority, dueAtMs, id), sinceMs: atMs });
  }
}
