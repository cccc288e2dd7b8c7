import type { Architecture } from "./pricing.ts";

/** List prices of running user code in one Region at one time, in US dollars. */
export interface RunPrices {
  readonly version: string;
  readonly region: string;
  readonly currency: "USD";
  readonly lambda: {
    readonly request: number;
    readonly gbSecond: Readonly<Record<Architecture, number>>;
  };
  readonly fargate: Readonly<
    Record<Architecture, { readonly vcpuSecond: number; readonly gbSecond: number }>
  > & {
    /** What Spot takes off; it floats, so this is a typical figure. */
    readonly spotDiscount: number;
    readonly minimumSeconds: number;
  };
  readonly alicloudFc: {
    readonly request: number;
    readonly vcpuSecond: number;
    readonly gbSecond: number;
  };
}

export const usEast1RunPrices: RunPrices = {
  version: "us-east-1-2026-11",
  region: "us-east-1",
  currency: "USD",
  lambda: { request: 2e-7, gbSecond: { x86_64: 1.66667e-5, arm64: 1.33334e-5 } },
  fargate: {
    x86_64: { vcpuSecond: 1.1244e-5, gbSecond: 1.235e-6 },
    arm64: { vcpuSecond: 8.9944e-6, gbSecond: 9.889e-7 },
    spotDiscount: 0.69,
    minimumSeconds: 60,
  },
  // Function Compute bills "CU" since 2025; these are its pay-as-you-go ratios in dollars, not read again.
  alicloudFc: { request: 1.5e-7, vcpuSecond: 1.27e-5, gbSecond: 1.27e-6 },
};
