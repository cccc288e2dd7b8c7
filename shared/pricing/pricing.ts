export type Architecture = "arm64" | "x86_64";

/** How a backend's use is charged: what the price table needs to know beside the use itself. */
export type Pricing =
  | { readonly model: "lambda"; readonly architecture: Architecture }
  | { readonly model: "fargate"; readonly architecture: Architecture; readonly spot: boolean }
  /** Declared by the owner; a worker's hour is shared by its slots. */
  | { readonly model: "pool"; readonly usdPerHour: number; readonly slots: number }
  | { readonly model: "alicloud-fc" }
  /** Nobody is charged, as on one's own machine. */
  | { readonly model: "free" };

/** The size that an attempt runs with. */
export interface RunSize {
  readonly memoryMb: number;
  readonly cpuCores: number;
  readonly storageMb?: number;
}
