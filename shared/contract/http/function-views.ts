import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { packageSourceForm } from "../../core/payload-ref.ts";
import { Name } from "../../core/texts.ts";
import { FunctionSpec, functionRuntimes, functionStates } from "../../function/function.ts";
import { JsonPayload } from "../../instance/submission.ts";

/** Of `PUT /v1/functions/{name}`: the settings, and the package that was uploaded before. */
export const FunctionRequest = FunctionSpec.extend({
  package: z.strictObject({
    id: z
      .string()
      .regex(
        packageSourceForm,
        'must be the id of a package: POST /v1/payloads answers it for the purpose "package"',
      )
      .meta({ description: "As POST /v1/payloads answered it, or that of another version." }),
    bytes: z.int().min(1).max(limits.packageBytesMax),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in 64 hexadecimal digits")
      .meta({ description: "Of the zip file as uploaded." }),
  }),
});
export type FunctionRequest = z.infer<typeof FunctionRequest>;

/** Of `POST /v1/functions/{name}/invoke`. */
export const TryFunction = z.strictObject({ input: JsonPayload.optional() });
export type TryFunction = z.infer<typeof TryFunction>;

export const FunctionParams = z.strictObject({
  name: Name.meta({ description: "Name of the function." }),
});

export const RemoveQuery = z.strictObject({
  force: z
    .enum(["true", "false"])
    .optional()
    .meta({ description: "Remove it although tasks run it; their attempts will fail." }),
});

/** One immutable version of a deployed function. */
export const FunctionVersionView = z.object({
  name: z.string(),
  digest: z.string().meta({ description: "SHA-256 over the settings and the package's hash." }),
  state: z.enum(functionStates),
  description: z.string().optional(),
  runtime: z.enum(functionRuntimes),
  handler: z.string(),
  memoryMb: z.int(),
  timeoutSeconds: z.int(),
  variables: z
    .array(z.string())
    .meta({ description: "Names in its environment; the values are never shown." }),
  package: z.object({ id: z.string(), bytes: z.int(), sha256: z.string() }),
  reference: z.string().optional().meta({ description: "What its platform calls it." }),
  failure: z.string().optional().meta({ description: "Why it could not be deployed." }),
  note: z.string().optional().meta({ description: "What to do about a state that lasts." }),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  requestedAt: z.iso.datetime().meta({ description: "When its deployment was last asked for." }),
});
export type FunctionVersionView = z.infer<typeof FunctionVersionView>;

/** The version asked for last, and which one is in force. */
export const FunctionView = FunctionVersionView.extend({
  activeDigest: z.string().optional().meta({
    description: "The version that tasks get which name none; absent until one is deployed.",
  }),
  updatedAt: z.iso.datetime(),
  links: z.object({ self: z.string() }),
});
export type FunctionView = z.infer<typeof FunctionView>;

/** What a call that tries a function out said. */
export const TriedFunctionView = z.object({
  outcome: z.enum(["returned", "failed"]),
  digest: z.string(),
  output: JsonPayload.optional(),
  error: z.string().optional(),
  log: z.string().optional().meta({ description: "The end of what it printed." }),
});
export type TriedFunctionView = z.infer<typeof TriedFunctionView>;

export const RemovedFunctionView = z.object({ name: z.string(), removed: z.literal(true) });
export type RemovedFunctionView = z.infer<typeof RemovedFunctionView>;
