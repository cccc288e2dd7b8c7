import type { TaskProfile } from "../../shared/routing/profile.ts";
import type { Engine } from "../runtime/engine.ts";
import type { GateFacts } from "../runtime/gate-source.ts";
import type { RoutingFacts } from "../runtime/routing-source.ts";

/** What routing goes by, gathered beforehand so that a batch is decided without a promise per item. */
export interface RoutingAtHand extends RoutingFacts {
  /** By task; tasks of which nothing is known are absent. */
  readonly profiles: ReadonlyMap<string, TaskProfile>;
  /** What may hold the tenant's work back. */
  readonly gates: GateFacts;
}

export async function gatherRouting(
  engine: Engine,
  tenant: string,
  tasks: ReadonlySet<string>,
): Promise<RoutingAtHand> {
  const profiles = new Map<string, TaskProfile>();
  const [facts, gates] = await Promise.all([
    engine.routing.facts(tenant),
    engine.gates.facts(tenant),
    ...[...tasks].map(async (task) => {
      const profile = await engine.routing.profile(tenant, task);
      if (profile !== undefined) profiles.set(task, profile);
    }),
  ]);
  return { ...facts, profiles, gates };
}
