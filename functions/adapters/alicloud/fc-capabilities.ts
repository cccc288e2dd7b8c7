import type { BackendCapabilities } from "../../../shared/routing/backend-capabilities.ts";
import type { FcConfig } from "./fc-config.ts";

/** Function Compute takes this much in an asynchronous call. */
export const eventBytesMax = 128_000;
const envelopeBytesMax = 20_000;

/** What Function Compute can do: facts for routing, which needs neither keys nor the SDK. */
export function fcCapabilities({ region, pollSeconds }: FcConfig): BackendCapabilities {
  return {
    name: "alicloud-fc",
    kind: "alicloud-fc",
    type: "serverless",
    targets: ["package"],
    timeoutSecondsMax: 900,
    memoryMbMax: 10_240,
    cpuCoresMax: 5,
    storageMbMax: 512,
    inputBytesMax: eventBytesMax - envelopeBytesMax,
    memoryMbDefault: 512,
    sizeIsPerAttempt: false,
    startMsTypical: 800,
    pricing: { model: "alicloud-fc" },
    labels: { cloud: "alicloud", region },
    startIsIdempotent: true,
    reportsStart: false,
    // How often a running attempt is asked for its result.
    handOverMs: pollSeconds * 1_000,
  };
}
