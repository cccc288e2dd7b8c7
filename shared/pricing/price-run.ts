import { fargateSizeFor } from "./fargate-sizes.ts";
import { type ListPrice, leastSure, type PriceConfidence } from "./price.ts";
import type { Pricing, RunSize } from "./pricing.ts";
import { type PriceTier, type RunPrices, usEast1RunPrices } from "./run-prices.ts";

/** What something would cost by list prices: an estimate, never a bill. */
export interface PriceEstimate {
  readonly usd: number;
  /** Dearest first. */
  readonly parts: readonly { readonly name: string; readonly usd: number }[];
  /** Version of the price table. */
  readonly prices: string;
  /** Of the least sure figure it rests on. */
  readonly confidence: PriceConfidence;
  readonly estimate: true;
}

/** What was used before in the same month, where prices fall with use. */
export interface UsedThisMonth {
  /** Of Lambda, on the same architecture. */
  readonly gbSeconds?: number;
}

interface Part {
  readonly name: string;
  readonly usd: number;
  readonly confidence: PriceConfidence;
}

const MbPerGb = 1_024;

/** `price` of a backend with this pricing. */
export function priceBy(
  pricing: Pricing,
  prices: RunPrices = usEast1RunPrices,
): (size: RunSize, durationMs: number) => PriceEstimate {
  return (size, durationMs) => priceRun(pricing, size, durationMs, prices);
}

/**
 * Prices one run of a given size whose code takes so long. Start-up that is charged beside it, as on
 * Fargate, is added here. Pure.
 */
export function priceRun(
  pricing: Pricing,
  size: RunSize,
  durationMs: number,
  prices: RunPrices = usEast1RunPrices,
  used: UsedThisMonth = {},
): PriceEstimate {
  return estimateOf(partsOf(pricing, size, Math.max(0, durationMs), prices, used), prices);
}

/** Prices state transitions of standard workflows. */
export function priceTransitions(
  count: number,
  prices: RunPrices = usEast1RunPrices,
): PriceEstimate {
  const { standardTransition } = prices.stepFunctions;
  return estimateOf([part("transitions", Math.max(0, count), standardTransition)], prices);
}

function estimateOf(all: readonly Part[], prices: RunPrices): PriceEstimate {
  const paid = all.filter(({ usd }) => usd > 0).sort((left, right) => right.usd - left.usd);
  return {
    usd: paid.reduce((sum, { usd }) => sum + usd, 0),
    parts: paid.map(({ name, usd }) => ({ name, usd })),
    prices: prices.version,
    // Prices of another Region say little about this one.
    confidence:
      prices.note === undefined ? leastSure(paid.map(({ confidence }) => confidence)) : "assumed",
    estimate: true,
  };
}

function partsOf(
  pricing: Pricing,
  size: RunSize,
  durationMs: number,
  prices: RunPrices,
  used: UsedThisMonth,
): readonly Part[] {
  switch (pricing.model) {
    case "lambda":
      return lambdaParts(pricing, size, durationMs, prices.lambda, used.gbSeconds ?? 0);
    case "fargate":
      return fargateParts(pricing, size, durationMs, prices.fargate);
    case "pool": {
      const hours = durationMs / 3_600_000;
      const usdPerSlot = Math.max(0, pricing.usdPerHour) / Math.max(1, pricing.slots);
      return [{ name: "worker", usd: hours * usdPerSlot, confidence: "assumed" }];
    }
    case "alicloud-fc": {
      const { request, vcpuSecond, gbSecond, storageGbSecond, storageMbIncluded } =
        prices.alicloudFc;
      const seconds = billedMs(durationMs) / 1_000;
      return [
        part("requests", 1, request),
        part("cpu", seconds * size.cpuCores, vcpuSecond),
        part("memory", seconds * (size.memoryMb / MbPerGb), gbSecond),
        part("storage", seconds * storageGb(size, storageMbIncluded), storageGbSecond),
      ];
    }
    case "free":
      return [];
  }
}

function lambdaParts(
  pricing: Extract<Pricing, { model: "lambda" }>,
  size: RunSize,
  durationMs: number,
  lambda: RunPrices["lambda"],
  gbSecondsBefore: number,
): readonly Part[] {
  const seconds = billedMs(durationMs) / 1_000;
  const gbSeconds = (seconds * Math.max(lambda.memoryMbMin, size.memoryMb)) / MbPerGb;
  return [
    part("requests", 1, lambda.request),
    tiered("memory", lambda.gbSecond[pricing.architecture], gbSecondsBefore, gbSeconds),
    part("storage", seconds * storageGb(size, lambda.storageMbIncluded), lambda.storageGbSecond),
  ];
}

function fargateParts(
  pricing: Extract<Pricing, { model: "fargate" }>,
  size: RunSize,
  durationMs: number,
  fargate: RunPrices["fargate"],
): readonly Part[] {
  const { vcpuSecond, gbSecond } = fargate[pricing.architecture];
  const { minimumSeconds, startSeconds, spotDiscount } = fargate;
  const ran = Math.ceil((durationMs + startSeconds.value * 1_000) / 1_000);
  const seconds = Math.max(minimumSeconds.value, ran);
  // Beyond the largest size nothing can run; its price then is what the bare amounts would cost.
  const { cpuCores, memoryMb } = fargateSizeFor(size) ?? size;
  const share = pricing.spot ? 1 - spotDiscount.value : 1;
  const confidence = pricing.spot ? spotDiscount.confidence : startSeconds.confidence;
  return [
    { ...part("cpu", seconds * cpuCores * share, vcpuSecond), confidence },
    { ...part("memory", seconds * (memoryMb / MbPerGb) * share, gbSecond), confidence },
    part("storage", seconds * storageGb(size, fargate.storageMbIncluded), fargate.storageGbSecond),
  ];
}

/** Charged by the millisecond, rounded up, and never for less than one. */
function billedMs(durationMs: number): number {
  return Math.max(1, Math.ceil(durationMs));
}

function storageGb({ storageMb = 0 }: RunSize, includedMb: number): number {
  return Math.max(0, storageMb - includedMb) / MbPerGb;
}

function part(name: string, amount: number, { usd, confidence }: ListPrice): Part {
  return { name, usd: amount * usd, confidence };
}

/** What `amount` costs once `before` was used: each tier takes its share. */
function tiered(name: string, tiers: readonly PriceTier[], before: number, amount: number): Part {
  let usd = 0;
  let passed = Math.max(0, before);
  let left = amount;
  const confidences: PriceConfidence[] = [];
  for (const { gbSeconds = Number.POSITIVE_INFINITY, price } of tiers) {
    const skipped = Math.min(passed, gbSeconds);
    const within = Math.min(left, gbSeconds - skipped);
    passed -= skipped;
    left -= within;
    if (within === 0) continue;
    usd += within * price.usd;
    confidences.push(price.confidence);
  }
  return { name, usd, confidence: leastSure(confidences) };
}
