import { confinementOf } from "../../shared/group/confinement.ts";
import { inputBytesOf } from "../../shared/instance/input-bytes.ts";
import { route } from "../../shared/routing/route.ts";
import { termsOf } from "../../shared/routing/terms.ts";
import type { Engine } from "../runtime/engine.ts";
import type { Claim, GateRequest } from "./gate.ts";

/**
 * The claim of the cheapest backend that can run it, whatever rules and policy prefer; undefined where
 * that is the one it was to go to anyway.
 */
export async function cheapestClaim(
  engine: Engine,
  { instance, definition, claim, facts, nowMs }: GateRequest,
  because: string,
): Promise<Claim | undefined> {
  const { tenant, task, group } = instance;
  const { spec } = definition;
  const [routing, profile] = await Promise.all([
    engine.routing.facts(tenant),
    engine.routing.profile(tenant, task),
  ]);
  const receipt = route({
    ...routing,
    spec,
    instance,
    inputBytes: inputBytesOf(instance),
    profile,
    confinement: confinementOf(group, facts.groups),
    thrift: because,
    nowMs,
  });
  const backend = routing.backends.find(({ name }) => name === receipt.chosen);
  if (backend === undefined || backend.name === claim.backend) return undefined;
  const terms = termsOf(receipt, backend, spec, instance);
  return { ...claim, backend: backend.name, terms, receipt };
}
