import { AssumeRoleCommand, type STSClient } from "@aws-sdk/client-sts";
import type { Doorbell } from "../../../shared/contract/http/work.ts";
import { TransientError } from "../../../shared/core/errors.ts";
import { callAws } from "./aws-call.ts";
import type { Pace } from "./dynamo/table-access.ts";
import { poolQueueUrl } from "./sqs-doorbells.ts";

export interface PoolCredentialsOptions {
  /** Opened with `awsClientDefaults`; a function, because most requests never need it. */
  readonly client: () => Promise<STSClient>;
  /** What may be lent at most: to receive and delete on the pools' queues. */
  readonly listenerRoleArn: string;
  readonly queuePrefix: string;
  /** The pools that have a queue, as `tenant-pool`; absent: all of them. */
  readonly queues?: ReadonlySet<string> | undefined;
  readonly pace?: Pace;
}

/** As long as one role that was assumed by another may be lent. */
const lentSeconds = 3_600;
const triesMax = 2;

/**
 * Lends a worker the right to wait on its pool's queue, and on no other: the session's policy narrows
 * what the role itself may do. Undefined for a pool without a queue.
 */
export function openPoolCredentials(options: PoolCredentialsOptions) {
  return async (tenant: string, pool: string, worker: string): Promise<Doorbell | undefined> => {
    const { listenerRoleArn, queuePrefix, queues } = options;
    if (queues !== undefined && !queues.has(`${tenant}-${pool}`)) return undefined;
    const queueUrl = poolQueueUrl(queuePrefix, tenant, pool);
    const { region, arn } = queueOf(queueUrl, listenerRoleArn);
    const call = {
      action: "sts:AssumeRole",
      target: listenerRoleArn,
      repeatUnclear: true,
      triesMax,
      ...(options.pace === undefined ? {} : { pace: options.pace }),
    };
    const client = await options.client();
    const answer = await callAws(call, () =>
      client.send(
        new AssumeRoleCommand({
          RoleArn: listenerRoleArn,
          RoleSessionName: sessionName(pool, worker),
          DurationSeconds: lentSeconds,
          Policy: policyFor(arn),
        }),
      ),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {};
    if (
      AccessKeyId === undefined ||
      SecretAccessKey === undefined ||
      SessionToken === undefined ||
      Expiration === undefined
    ) {
      throw new TransientError("sts:AssumeRole answered without credentials");
    }
    return {
      kind: "sqs",
      queueUrl,
      region,
      credentials: {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
        expiresAt: Expiration.toISOString(),
      },
    };
  };
}

function policyFor(queueArn: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage"],
        Resource: queueArn,
      },
    ],
  });
}

/** Queue URLs are `https://sqs.<region>.<suffix>/<account>/<name>`; the role tells the partition. */
function queueOf(queueUrl: string, roleArn: string) {
  const { hostname, pathname } = new URL(queueUrl);
  const [, account = "", name = ""] = pathname.split("/");
  const region = hostname.split(".")[1] ?? "";
  const partition = roleArn.split(":")[1] ?? "aws";
  return { region, arn: `arn:${partition}:sqs:${region}:${account}:${name}` };
}

/** Seen in CloudTrail; STS takes 64 of these characters. */
function sessionName(pool: string, worker: string): string {
  return `${pool}.${worker}`.replaceAll(/[^\w+=,.@-]/g, "-").slice(0, 64);
}
