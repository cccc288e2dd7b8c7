import type { World } from "./world.ts";

/** Where and when the code of each attempt began, by the true clock, whatever the records say. */
export class RunBook {
  readonly begunAtMs = new Map<string, number>();
  /** Since when nobody beats for an attempt whose end was not reported. */
  readonly silentSinceMs = new Map<string, number>();
  readonly #world: World;
  readonly #places = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Noted where a platform itself may run what it accepted more than once. */
  note(attemptId: string, atMs: number): void {
    if (!this.begunAtMs.has(attemptId)) this.begunAtMs.set(attemptId, atMs);
  }

  fallSilent(attemptId: string, atMs: number): void {
    this.silentSinceMs.set(attemptId, atMs);
  }

  /** Where the worker protocol hands out the work, an attempt's code begins once at most. */
  begin(attemptId: string, place: string, atMs: number): void {
    const before = this.#places.get(attemptId);
    if (before !== undefined) {
      this.#world.violate(
        "I21 external execution",
        `the code of ${attemptId} began at ${before} and again at ${place}`,
      );
    }
    this.#places.set(attemptId, place);
    this.note(attemptId, atMs);
  }
}
