import type { Clock } from "../../../shared/ports/clock.ts";
import { type InvocationLog, openCloudWatchLogs } from "../../adapters/aws/cloudwatch-logs.ts";
import type { AttemptLogs } from "../../api/deps.ts";
import type { Definitions } from "../definitions.ts";

export interface LambdaAttemptLogsOptions {
  readonly definitions: Definitions;
  readonly clock: Clock;
  readonly readLog?: ReturnType<typeof openCloudWatchLogs>;
  readonly logGroupPrefix: string;
}

/** Logs of attempts that ran as Lambda functions: CloudWatch has them, nothing is copied. */
export function openLambdaAttemptLogs(options: LambdaAttemptLogsOptions): AttemptLogs {
  const readLog = options.readLog ?? openCloudWatchLogs(options);
  return {
    async read(tenant, _instanceId, _attemptId, externalId, { instance, attempt }) {
      const { task, taskVersion } = instance;
      const definition = await options.definitions.version(tenant, task, taskVersion);
      const functionArn = definition?.spec.run.lambda?.functionArn;
      // An attempt that has not reported yet, or never did, has no known invocation.
      if (functionArn === undefined || externalId === undefined) return undefined;
      const log = await readLog({
        functionArn,
        requestId: externalId,
        fromMs: attempt.claimedAtMs,
        toMs: attempt.finishedAtMs ?? options.clock.now(),
      });
      return log === undefined ? undefined : textOf(log);
    },
  };
}

function textOf({ text, truncated }: InvocationLog): string {
  return truncated ? `${text}… [there is more in CloudWatch Logs]\n` : text;
}
