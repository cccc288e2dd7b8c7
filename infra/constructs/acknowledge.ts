import { Stack, Tokenization, Validations } from "aws-cdk-lib";
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

/**
 * Accepts that a statement of the construct names a resource with a pattern in it. The checks name
 * such a finding by the resource as the template will show it, which for parts of other stacks is
 * settled only when all stacks are put together: right before the construct's own validation.
 */
export function acknowledgePattern(construct: IConstruct, resource: string, reason: string): void {
  construct.node.addValidation({
    validate() {
      const id = `AwsSolutions-IAM5[Resource::${asTemplateShows(construct, resource)}]`;
      Validations.of(construct).acknowledge({ id, reason });
      return [];
    },
  });
}

function asTemplateShows(construct: IConstruct, resource: string): string {
  const parts = Tokenization.reverseString(resource).mapTokens({
    mapToken: (token) => shown(Stack.of(construct).resolve(token)),
  });
  return parts.join({ join: (left: string, right: string) => `${left}${right}` });
}

/** References within the stack stand in angle brackets, everything else as JSON. */
function shown(resolved: unknown): string {
  const { Ref: ref } = (resolved ?? {}) as { readonly Ref?: string };
  return ref === undefined ? JSON.stringify(resolved) : `<${ref}>`;
}
