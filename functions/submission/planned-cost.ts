import { inputBytesOf } from "../../shared/instance/input-bytes.ts";
import { type CostBand, costBand } from "../../shared/routing/cost-band.ts";
import { termsOf } from "../../shared/routing/terms.ts";
import type { Applicant } from "./admission.ts";
import type { RoutingAtHand } from "./routing-at-hand.ts";

/** What an attempt of a submission may cost; undefined where no backend takes it now. */
export function plannedCost(
  { prepared, definition: { spec } }: Pick<Applicant, "prepared" | "definition">,
  { backends, profiles }: RoutingAtHand,
): CostBand | undefined {
  const { instance, receipt } = prepared;
  const backend = backends.find(({ name }) => name === receipt.chosen);
  if (backend === undefined) return undefined;
  return costBand({
    backend: backend.name,
    terms: termsOf(receipt, backend, spec, instance),
    timeoutSeconds: instance.timeoutSeconds,
    needs: spec.needs,
    inputBytes: inputBytesOf(instance),
    profile: profiles.get(instance.task),
  });
}
