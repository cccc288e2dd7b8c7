import { limits } from "../../shared/core/limits.ts";
import type { RunningEngine } from "../runtime/engine.ts";
import type { ComponentHealth } from "../runtime/host-ports.ts";
import { watchHealth } from "../runtime/watch-health.ts";
import { submitCanary } from "../watch/canary.ts";
import { runWatch } from "../watch/run-watch.ts";
import type { HostOptions } from "./options.ts";

const watchEveryMs = 60_000;
/** After the start, so that whoever only looks in for a moment does not meet it. */
const firstCanaryMs = 2_000;
/** After the first canary, so that a pause of this host is no silence of the canary. */
const firstWatchMs = 10_000;

/** The watch over this host, with timers of its own: it must not stop when those it watches do. */
export interface HostWatch {
  health(): Promise<ComponentHealth>;
  close(): Promise<void>;
}

/** The module that canaries run, beside the host's own bundles. */
export const canaryModule = "canary.mjs";

export function openHostWatch(
  engine: RunningEngine,
  { canary }: Pick<HostOptions, "canary">,
): HostWatch {
  let running: Promise<unknown> = Promise.resolve();
  const run = (what: string, work: () => Promise<unknown>): void => {
    running = Promise.all([running, guarded(engine, what, work)]).then(() => undefined);
  };
  const watch = (): void => run("watch", () => runWatch({ ...engine, canary }));
  const sing = (): void =>
    run("canary", () =>
      submitCanary(engine, { function: { module: canaryModule, export: "handler" } }),
    );
  const timers = [setTimeout(watch, firstWatchMs), setInterval(watch, watchEveryMs)];
  if (canary) timers.push(setTimeout(sing, firstCanaryMs), setInterval(sing, limits.canaryEveryMs));
  return {
    health: () => watchHealth(engine.store, engine.clock.now()),
    async close() {
      for (const timer of timers) clearTimeout(timer);
      await running;
    },
  };
}

/** A failure is what a watch is for: it is told, and the next time comes. */
async function guarded(
  { log }: RunningEngine,
  what: string,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.error("watching failed; the next look tries again", {
      what,
      cause: error instanceof Error ? error.message : String(error),
    });
  }
}
