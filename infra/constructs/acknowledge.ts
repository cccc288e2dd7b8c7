import { Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/**
 * Accepts findings of the policy checks on a construct and everything below it, each with the
 * reason that a reviewer needs. The ids are those of cdk-nag, or `Switchyard::<rule>` for our own.
 */
export function acknowledge(
  construct: IConstruct,
  reasonsById: Readonly<Record<string, string>>,
): void {
  for (const [id, reason] of Object.entries(reasonsById)) {
    Validations.of(construct).acknowledge({ id, reason });
  }
}
