import * as z from "zod";
import { limits } from "../core/limits.ts";
import { boundedText } from "../core/texts.ts";

/** Runtimes that packages may ask for; the local runner and pools run the Node ones. */
export const functionRuntimes = ["nodejs24.x", "nodejs22.x", "python3.13", "python3.12"] as const;

/** What a deployed function is made of, beside its package. */
export const FunctionSpec = z.strictObject({
  description: boundedText(limits.descriptionBytesMax).optional(),
  runtime: z.enum(functionRuntimes).default("nodejs24.x"),
  /** Module and export, as Lambda writes it. */
  handler: z
    .string()
    .max(128)
    .regex(/^[A-Za-z0-9_./-]+\.[A-Za-z_$][A-Za-z0-9_$]*$/, 'must be "module.export"')
    .default("index.handler"),
  memoryMb: z.int().min(128).max(10_240).default(512),
  timeoutSeconds: z.int().min(1).max(900).default(300),
  environment: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/), z.string()).default({}),
});
export type FunctionSpec = z.infer<typeof FunctionSpec>;

export const functionStates = ["deploying", "active", "failed"] as const;
export type FunctionState = (typeof functionStates)[number];

/** One immutable version: a spec and a package, named by the hash of both. */
export interface FunctionVersion {
  readonly tenant: string;
  readonly name: string;
  /** SHA-256 over the canonical spec and the package's own hash. */
  readonly digest: string;
  readonly spec: FunctionSpec;
  readonly packageId: string;
  readonly packageBytes: number;
  readonly state: FunctionState;
  /** What the platform calls it, once it is there. */
  readonly reference?: string;
  readonly failure?: string;
  readonly createdAtMs: number;
  readonly createdBy: string;
}

/** The one changeable record per function. */
export interface FunctionHead {
  readonly tenant: string;
  readonly name: string;
  readonly digest: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}
