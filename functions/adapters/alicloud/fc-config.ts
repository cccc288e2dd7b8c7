import * as z from "zod";
import { TerminalError } from "../../../shared/core/errors.ts";

/** Where the keys are; the keys themselves are never part of a configuration. */
const FcKeys = z.union([
  /** A secret of AWS Secrets Manager: `{"accessKeyId": "…", "accessKeySecret": "…"}`. */
  z.strictObject({ secretArn: z.string().startsWith("arn:") }),
  /** Names of environment variables of this machine. */
  z.strictObject({
    accessKeyIdVariable: z.string().regex(/^[A-Z_][A-Z0-9_]*$/),
    accessKeySecretVariable: z.string().regex(/^[A-Z_][A-Z0-9_]*$/),
  }),
]);
export type FcKeys = z.infer<typeof FcKeys>;

/** Settings of the alicloud-fc adapter: the JSON in ALICLOUD_FC_CONFIG. Without it there is none. */
export const FcConfig = z.strictObject({
  accountId: z.string().regex(/^\d{8,20}$/),
  region: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .default("cn-hangzhou"),
  /** Default: the account's own address in the region. */
  endpoint: z.string().optional(),
  /** Only for tests against a machine's own server. */
  protocol: z.enum(["https", "http"]).default("https"),
  keys: FcKeys,
  /** What deployed functions may do there. */
  role: z.string().optional(),
  /** Written on what is deployed; only what carries it is removed. */
  owner: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/)
    .default("switchyard"),
  /** How often a running attempt is asked for its result. */
  pollSeconds: z.number().min(1).max(600).default(30),
  /** Which of the cloud's runtimes stands for which of ours. */
  runtimes: z.record(z.string(), z.string()).default({
    "nodejs24.x": "nodejs20",
    "nodejs22.x": "nodejs20",
    "python3.13": "python3.12",
    "python3.12": "python3.12",
  }),
});
export type FcConfig = z.infer<typeof FcConfig>;

/** The settings in a text; what is wrong with them is thrown as a sentence. */
export function readFcConfig(text: string): FcConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new TerminalError("ALICLOUD_FC_CONFIG is not JSON");
  }
  const parsed = FcConfig.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new TerminalError(`ALICLOUD_FC_CONFIG is wrong: ${z.prettifyError(parsed.error)}`);
}
