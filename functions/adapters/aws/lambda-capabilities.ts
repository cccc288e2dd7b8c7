import type { BackendCapabilities } from "../../../shared/routing/backend-capabilities.ts";

/** Lambda takes this much in an asynchronous event. */
export const asyncEventBytesMax = 1_000_000;
/** Room for what the envelope adds to the input: the config (at most 8 KiB, more when escaped), names, ids. */
const envelopeBytesMax = 64_000;

/** What Lambda can do: facts for routing, apart from the adapter so that planning needs no right to run. */
export const lambdaCapabilities: BackendCapabilities = {
  name: "lambda",
  kind: "lambda",
  type: "serverless",
  targets: ["package", "lambda"],
  timeoutSecondsMax: 900,
  memoryMbMax: 10_240,
  // 1,769 MB come with one core.
  cpuCoresMax: 5.8,
  storageMbMax: 10_240,
  memoryMbDefault: 512,
  sizeIsPerAttempt: false,
  startMsTypical: 400,
  pricing: { model: "lambda", architecture: "arm64" },
  labels: {},
  inputBytesMax: asyncEventBytesMax - envelopeBytesMax,
  // Each accepted Invoke is a run of its own.
  startIsIdempotent: false,
  reportsStart: false,
};
