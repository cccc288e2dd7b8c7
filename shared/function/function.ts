import * as z from "zod";
import { limits } from "../core/limits.ts";
import { boundedText, utf8Bytes } from "../core/texts.ts";

/** Runtimes that packages may ask for; the local runner and pools run the Node ones. */
export const functionRuntimes = ["nodejs24.x", "nodejs22.x", "python3.13", "python3.12"] as const;

/** What the platforms set themselves; they refuse functions that want to. */
const reservedVariables =
  /^(AWS_(REGION|DEFAULT_REGION|EXECUTION_ENV|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|LAMBDA_.*)|LAMBDA_.*|FC_.*)$/;

/** Bytes of all names and values together, as Lambda counts them. */
export function environmentBytes(environment: Readonly<Record<string, string>>): number {
  return Object.entries(environment).reduce(
    (sum, [name, value]) => sum + utf8Bytes(name) + utf8Bytes(value),
    0,
  );
}

/** Variables that a function finds in its environment. */
export const FunctionEnvironment = z
  .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/), z.string())
  .refine(
    (environment) => environmentBytes(environment) <= limits.functionEnvironmentBytesMax,
    `must have at most ${limits.functionEnvironmentBytesMax} bytes, names and values together`,
  )
  .refine(
    (environment) => !Object.keys(environment).some((name) => reservedVariables.test(name)),
    "must not set a variable that the platform reserves: AWS_REGION and the like, LAMBDA_…, FC_…",
  );

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
  environment: FunctionEnvironment.default({}),
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
  /** Of the package as uploaded, in hexadecimal digits. */
  readonly packageSha256: string;
  readonly state: FunctionState;
  /** What the platform calls it, once it is there. */
  readonly reference?: string;
  readonly failure?: string;
  /** When its deployment was last asked for or taken up. */
  readonly requestedAtMs: number;
  /** How often its deployment was taken up since somebody asked for it. */
  readonly deployTries: number;
  readonly createdAtMs: number;
  readonly createdBy: string;
}

/** The one changeable record per function. */
export interface FunctionHead {
  readonly tenant: string;
  readonly name: string;
  /** The version asked for last. */
  readonly digest: string;
  /** The version in force: what tasks get that name no digest. Absent until one is deployed. */
  readonly activeDigest?: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}
