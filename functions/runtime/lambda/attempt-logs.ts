import { lambdaNameOf } from "../../../shared/function/lambda-name.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import type { RunTargets } from "../../../shared/task/task.ts";
import {
  type InvocationLog,
  type InvocationRef,
  openCloudWatchLogs,
} from "../../adapters/aws/cloudwatch-logs.ts";
import type { Definitions } from "../definitions.ts";
import type { AttemptLogs } from "../host-ports.ts";

export interface LambdaAttemptLogsOptions {
  readonly definitions: Definitions;
  readonly clock: Clock;
  readonly readLog?: ReturnType<typeof openCloudWatchLogs>;
  readonly logGroupPrefix: string;
  /** Of all functions that were deployed through the API. */
  readonly deployedLogGroup?: string | undefined;
}

/** Logs of attempts that ran as Lambda functions: CloudWatch has them, nothing is copied. */
export function openLambdaAttemptLogs(options: LambdaAttemptLogsOptions): AttemptLogs {
  const readLog = options.readLog ?? openCloudWatchLogs(options);
  return {
    async read(tenant, _instanceId, _attemptId, externalId, { instance, attempt }) {
      const { task, taskVersion } = instance;
      const definition = await options.definitions.version(tenant, task, taskVersion);
      const place = placeOf(tenant, definition?.spec.run ?? {}, options.deployedLogGroup);
      // An attempt that has not reported yet, or never did, has no known invocation.
      if (place === undefined || externalId === undefined) return undefined;
      const log = await readLog({
        ...place,
        requestId: externalId,
        fromMs: attempt.claimedAtMs,
        toMs: attempt.finishedAtMs ?? options.clock.now(),
      });
      return log === undefined ? undefined : textOf(log);
    },
  };
}

/** The function that ran it: the deployed one goes first, as it does when it is started. */
function placeOf(
  tenant: string,
  run: Partial<RunTargets>,
  deployedLogGroup: string | undefined,
): Pick<InvocationRef, "functionArn" | "logGroup"> | undefined {
  if (run.package !== undefined) {
    const name = lambdaNameOf(tenant, run.package.function);
    return { functionArn: `arn:aws:lambda:::function:${name}`, logGroup: deployedLogGroup };
  }
  return run.lambda;
}

function textOf({ text, truncated }: InvocationLog): string {
  return truncated ? `${text}… [there is more in CloudWatch Logs]\n` : text;
}
