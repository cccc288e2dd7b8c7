import * as z from "zod";
import { limits } from "../core/limits.ts";
import { inputIdForm, packageSourceForm } from "../core/payload-ref.ts";
import { boundedText, IdempotencyKey, Name, Tags } from "../core/texts.ts";

/**
 * Any JSON. Only the type is stated: values come from parsed text whose depth and unstorable values
 * were checked as it was read, and walking them again would cost more than all other fields.
 */
export const JsonPayload = z
  .custom<z.core.util.JSONType>()
  .meta({ description: "Any JSON value." });

export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in 64 hexadecimal digits, in lower case");

/** An input that was uploaded before, because it is too large to be sent along. */
export const UploadedInput = z.strictObject({
  id: z.string().regex(inputIdForm, {
    error: ({ input }) =>
      packageSourceForm.test(String(input))
        ? "names a package, which is deployed and never submitted"
        : "must be an id as POST /v1/payloads answers it",
  }),
  bytes: z.int().min(1).max(limits.payloadBytesMax),
  sha256: Sha256,
});
export type UploadedInput = z.infer<typeof UploadedInput>;

export const Instant = z.iso
  .datetime({ offset: true })
  .refine((text) => Number.isFinite(Date.parse(text)), "must be an ISO 8601 date and time");

/** Body of `POST /v1/instances`, and one item of a batch. */
export const Submission = z
  .strictObject({
    task: Name.meta({ description: "Name of the task to run." }),
    version: z
      .int()
      .min(1)
      .max(99_999_999)
      .optional()
      .meta({ description: "Default: the newest." }),
    input: JsonPayload.optional(),
    inputRef: UploadedInput.optional().meta({
      description: "Instead of input, where that is too large: what POST /v1/payloads took.",
    }),
    config: z.record(z.string().max(128), JsonPayload).optional(),
    idempotencyKey: IdempotencyKey.optional(),
    delaySeconds: z
      .number()
      .min(0)
      .max(limits.delayMsMax / 1_000)
      .optional(),
    startAt: Instant.optional(),
    startBy: Instant.optional(),
    priority: z.int().min(limits.priorityMin).max(limits.priorityMax).optional(),
    group: Name.optional(),
    tags: Tags.optional(),
    timeoutSeconds: z.number().positive().max(limits.attemptTimeoutSecondsMax).optional(),
    backend: Name.optional(),
    dryRun: z.boolean().optional(),
  })
  .refine((body) => body.delaySeconds === undefined || body.startAt === undefined, {
    path: ["startAt"],
    message: "cannot be combined with delaySeconds; give one of them",
  })
  .refine((body) => body.input === undefined || body.inputRef === undefined, {
    path: ["inputRef"],
    message: "cannot be combined with input; give one of them",
  });
export type Submission = z.infer<typeof Submission>;

/** Body of `POST /v1/instances/batch`: items are validated one by one, so that each gets its own answer. */
export const BatchSubmission = z.strictObject({
  items: z.array(z.unknown()).min(1).max(limits.batchItemsMax),
});
export type BatchSubmission = z.infer<typeof BatchSubmission>;

export const InstanceAction = z.strictObject({
  reason: boundedText(limits.reasonBytesMax).optional(),
});
export type InstanceAction = z.infer<typeof InstanceAction>;
