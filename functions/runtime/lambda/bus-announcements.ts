import type { Announcements } from "../../../shared/ports/announcements.ts";
import type { LambdaHost } from "./lambda-host.ts";

/**
 * Announcements on the deployment's bus, as a part of what is composed. All that speaks to
 * EventBridge is loaded with the first of them: only what is refused is announced.
 */
export function openBusAnnouncements(
  host: Pick<LambdaHost, "log" | "meter">,
  environment: { readonly EVENT_BUS_NAME: string },
): { readonly announcements: Announcements } {
  let opening: Promise<Announcements> | undefined;
  return {
    announcements: {
      async announce(announcement) {
        opening ??= open(host, environment.EVENT_BUS_NAME);
        await (await opening).announce(announcement);
      },
    },
  };
}

async function open(
  { log, meter }: Pick<LambdaHost, "log" | "meter">,
  busName: string,
): Promise<Announcements> {
  const [{ EventBridgeClient }, { awsClientDefaults }, { openEventBridgeAnnouncements }] =
    await Promise.all([
      import("@aws-sdk/client-eventbridge"),
      import("../../adapters/aws/aws-call.ts"),
      import("../../adapters/aws/eventbridge-announcements.ts"),
    ]);
  const client = new EventBridgeClient(awsClientDefaults);
  return openEventBridgeAnnouncements({ client, busName, log, meter });
}
