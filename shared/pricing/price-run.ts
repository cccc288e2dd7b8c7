import type { Pricing, RunSize } from "./pricing.ts";
import { type RunPrices, usEast1RunPrices } from "./run-prices.ts";

/** What a run would cost by list prices: an estimate, never a bill. */
export interface PriceEstimate {
  readonly usd: number;
  /** Dearest first. */
  readonly parts: readonly { readonly name: string; readonly usd: number }[];
  /** Version of the price table. */
  readonly prices: string;
  readonly estimate: true;
}

/** `price` of a backend with this pricing. */
export function priceBy(pricing: Pricing): (size: RunSize, durationMs: number) => PriceEstimate {
  return (size, durationMs) => priceRun(pricing, size, durationMs);
}

/** Prices one run of a given size and length, start-up that is charged included. Pure. */
export function priceRun(
  pricing: Pricing,
  size: RunSize,
  durationMs: number,
  prices: RunPrices = usEast1RunPrices,
): PriceEstimate {
  const parts = partsOf(pricing, size, Math.max(0, durationMs) / 1_000, prices)
    .filter(({ usd }) => usd > 0)
    .sort((left, right) => right.usd - left.usd);
  const usd = parts.reduce((sum, part) => sum + part.usd, 0);
  return { usd, parts, prices: prices.version, estimate: true };
}

function partsOf(pricing: Pricing, size: RunSize, seconds: number, prices: RunPrices) {
  const memoryGb = size.memoryMb / 1_024;
  switch (pricing.model) {
    case "lambda":
      return [
        { name: "requests", usd: prices.lambda.request },
        { name: "memory", usd: seconds * memoryGb * prices.lambda.gbSecond[pricing.architecture] },
      ];
    case "fargate": {
      const rate = prices.fargate[pricing.architecture];
      const charged = Math.max(prices.fargate.minimumSeconds, seconds);
      const share = pricing.spot ? 1 - prices.fargate.spotDiscount : 1;
      return [
        { name: "cpu", usd: charged * size.cpuCores * rate.vcpuSecond * share },
        { name: "memory", usd: charged * memoryGb * rate.gbSecond * share },
      ];
    }
    case "pool":
      return [
        {
          name: "worker",
          usd: (seconds / 3_600) * (pricing.usdPerHour / Math.max(1, pricing.slots)),
        },
      ];
    case "alicloud-fc":
      return [
        { name: "requests", usd: prices.alicloudFc.request },
        { name: "cpu", usd: seconds * size.cpuCores * prices.alicloudFc.vcpuSecond },
        { name: "memory", usd: seconds * memoryGb * prices.alicloudFc.gbSecond },
      ];
    case "free":
      return [];
  }
}
