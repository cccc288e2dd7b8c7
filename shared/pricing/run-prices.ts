import type { Assumption, ListPrice } from "./price.ts";
import type { Architecture } from "./pricing.ts";

/** One step of a price that falls with use. */
export interface PriceTier {
  /** How much of a month's use falls into this tier; absent: all the rest. */
  readonly gbSeconds?: number;
  readonly price: ListPrice;
}

/** List prices of running user code in one Region at one time, in US dollars. */
export interface RunPrices {
  readonly version: string;
  readonly region: string;
  readonly currency: "USD";
  /** Said where these figures are not the Region's own. */
  readonly note?: string;
  readonly lambda: {
    readonly request: ListPrice;
    /** In order; tiers count each architecture on its own. */
    readonly gbSecond: Readonly<Record<Architecture, readonly PriceTier[]>>;
    readonly provisionedGbSecond: Readonly<Record<Architecture, ListPrice>>;
    readonly storageGbSecond: ListPrice;
    readonly storageMbIncluded: number;
    readonly memoryMbMin: number;
  };
  readonly fargate: Readonly<
    Record<Architecture, { readonly vcpuSecond: ListPrice; readonly gbSecond: ListPrice }>
  > & {
    /** The share that Spot takes off. */
    readonly spotDiscount: Assumption;
    readonly storageGbSecond: ListPrice;
    readonly storageMbIncluded: number;
    readonly minimumSeconds: Assumption;
    /** Charged before user code runs: fetching and starting the image. */
    readonly startSeconds: Assumption;
  };
  readonly stepFunctions: {
    readonly standardTransition: ListPrice;
    readonly expressRequest: ListPrice;
    readonly expressGbSecond: ListPrice;
  };
  readonly alicloudFc: {
    readonly request: ListPrice;
    readonly vcpuSecond: ListPrice;
    readonly gbSecond: ListPrice;
    readonly storageGbSecond: ListPrice;
    readonly storageMbIncluded: number;
  };
}

const verified = (usd: number, note: string): ListPrice => ({ usd, confidence: "verified", note });
const known = (usd: number, note: string): ListPrice => ({ usd, confidence: "known", note });

/** A compute unit of Alibaba Cloud's Function Compute, first tier, before promotions. */
const cuUsd = 0.00002;

export const usEast1RunPrices: RunPrices = {
  version: "us-east-1-2026-11",
  region: "us-east-1",
  currency: "USD",
  lambda: {
    request: verified(2e-7, "invocation"),
    gbSecond: {
      x86_64: [
        { gbSeconds: 6e9, price: verified(1.66667e-5, "x86_64, first 6 billion GB-seconds") },
        { gbSeconds: 9e9, price: verified(1.5e-5, "x86_64, next 9 billion GB-seconds") },
        { price: verified(1.33334e-5, "x86_64, beyond 15 billion GB-seconds") },
      ],
      arm64: [
        { gbSeconds: 7.5e9, price: verified(1.33334e-5, "arm64, first 7.5 billion GB-seconds") },
        { gbSeconds: 11.25e9, price: known(1.20001e-5, "arm64, next 11.25 billion GB-seconds") },
        { price: known(1.06667e-5, "arm64, beyond 18.75 billion GB-seconds") },
      ],
    },
    provisionedGbSecond: {
      x86_64: verified(4.1667e-6, "provisioned concurrency, x86_64"),
      arm64: verified(3.3334e-6, "provisioned concurrency, arm64"),
    },
    storageGbSecond: verified(3.09e-8, "ephemeral storage above what is included"),
    storageMbIncluded: 512,
    memoryMbMin: 128,
  },
  fargate: {
    x86_64: {
      vcpuSecond: verified(1.1244e-5, "Fargate vCPU, x86_64"),
      gbSecond: verified(1.235e-6, "Fargate memory, x86_64"),
    },
    arm64: {
      vcpuSecond: verified(8.9944e-6, "Fargate vCPU, arm64"),
      gbSecond: verified(9.889e-7, "Fargate memory, arm64"),
    },
    spotDiscount: {
      value: 0.69,
      confidence: "assumed",
      note: "what Spot typically takes off vCPU and memory; it floats",
    },
    storageGbSecond: known(3.08e-8, "ephemeral storage above what is included"),
    storageMbIncluded: 20 * 1_024,
    minimumSeconds: { value: 60, confidence: "known", note: "the least that is charged" },
    startSeconds: {
      value: 30,
      confidence: "assumed",
      note: "charged from fetching the image on; typically 20 to 60 s, by the image's size",
    },
  },
  stepFunctions: {
    standardTransition: verified(2.5e-5, "state transition of a standard workflow"),
    expressRequest: known(1e-6, "request of an express workflow"),
    expressGbSecond: known(1.667e-5, "memory of an express workflow, first tier"),
  },
  // Charged in compute units (CU) by conversion factors; higher monthly use is cheaper than this.
  alicloudFc: {
    request: verified(0.0075 * cuUsd, "invocation, 75 CU per 10,000; first tier"),
    vcpuSecond: verified(1 * cuUsd, "active vCPU, 1 CU per second; first tier"),
    gbSecond: verified(0.15 * cuUsd, "memory, 0.15 CU per GB and second; first tier"),
    storageGbSecond: verified(0.05 * cuUsd, "disk, 0.05 CU per GB and second; first tier"),
    storageMbIncluded: 512,
  },
};

const shipped: readonly RunPrices[] = [usEast1RunPrices];

/**
 * The prices of a Region: one of `own` tables before those that are shipped. Where there is none,
 * those of us-east-1 stand in, and their version and note say so.
 */
export function runPricesFor(region: string, own: readonly RunPrices[] = []): RunPrices {
  const table = [...own, ...shipped].find((prices) => prices.region === region);
  if (table !== undefined) return table;
  return {
    ...usEast1RunPrices,
    version: `${usEast1RunPrices.version} for ${region}`,
    region,
    note: `no price table for ${region}, so the prices of ${usEast1RunPrices.region} stand in`,
  };
}
