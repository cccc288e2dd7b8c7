import { type IRole, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IQueue } from "aws-cdk-lib/aws-sqs";

/** Lets a role put messages on one queue; it can neither read them nor look at the queue. */
export function grantSend(role: IRole, queue: IQueue): void {
  role.addToPrincipalPolicy(
    new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [queue.queueArn] }),
  );
}

/** For functions that hint at instances. */
export interface HintingProps {
  readonly dispatchQueue: IQueue;
  /**
   * Whether hints name their tenant, so that SQS keeps a noisy one from holding up the others. It
   * costs a quarter more per request and is useless where there is only one tenant.
   * @default false
   */
  readonly manyTenants?: boolean;
  /**
   * The same for the lanes of a single tenant, which are its groups and tasks. Where there are many
   * tenants, hints name these.
   * @default false
   */
  readonly fairLanes?: boolean;
}

/** The part of a function's environment that says where hints go. */
export function hinting({ dispatchQueue, manyTenants, fairLanes }: HintingProps): {
  DISPATCH_QUEUE_URL: string;
  FAIR_QUEUE: "tenant" | "lane" | "off";
} {
  const fairBy = fairLanes === true ? "lane" : "off";
  return {
    DISPATCH_QUEUE_URL: dispatchQueue.queueUrl,
    FAIR_QUEUE: manyTenants === true ? "tenant" : fairBy,
  };
}
