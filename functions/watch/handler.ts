import { WatchMessage } from "../../shared/contract/messages.ts";
import type { WatchSummary } from "../../shared/finding/watch-summary.ts";
import { openHolidays } from "../adapters/holidays.ts";
import type { Engine } from "../runtime/engine.ts";
import { openGateSource } from "../runtime/gate-source.ts";
import { openDeployedRouting } from "../runtime/lambda/deployed-routing.ts";
import { openDispatchQueue } from "../runtime/lambda/dispatch-queue.ts";
import { readEnvironment } from "../runtime/lambda/environment.ts";
import { openLambdaHost } from "../runtime/lambda/lambda-host.ts";
import { submitCanary } from "./canary.ts";
import { runWatch } from "./run-watch.ts";

const environment = readEnvironment("watch");
const host = openLambdaHost("watch", environment);
const { CANARY_FUNCTION_ARN: functionArn } = environment;
const holidays = openHolidays();
const engine: Engine = {
  ...host,
  routing: openDeployedRouting(host, environment),
  gates: openGateSource(host),
  hints: openDispatchQueue(host, environment),
  holidays,
};

/**
 * EventBridge Scheduler calls every five minutes. A call says nothing that the clock does not: one
 * that cannot be read is reported and acted upon all the same. A canary that cannot even be sent must
 * not keep the watch from its round, which is what finds it missing.
 */
export async function handler(event: unknown): Promise<WatchSummary> {
  const message = WatchMessage.safeParse(event);
  if (!message.success) host.log.error("call unreadable", { reason: message.error.message });
  if (functionArn !== undefined) {
    await submitCanary(engine, { lambda: { functionArn } }).catch((error: unknown) =>
      host.log.error("canary not sent", { cause: String(error) }),
    );
  }
  const summary = await runWatch({ ...host, canary: functionArn !== undefined, holidays });
  host.meter.log(host.log);
  return summary;
}
