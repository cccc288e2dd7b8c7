import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { Sha256 } from "../../instance/submission.ts";

/** Of `POST /v1/payloads`. */
export const NewPayload = z.strictObject({
  purpose: z
    .enum(["input", "package"])
    .optional()
    .meta({ description: "Of an instance, or of a deployed function. Default: input." }),
  bytes: z.int().min(1).max(limits.payloadBytesMax).meta({ description: "Its exact size." }),
  sha256: Sha256.optional().meta({
    description: "When it is given, nothing else can be put there.",
  }),
});
export type NewPayload = z.infer<typeof NewPayload>;

/** A place for one payload, and how it gets there. */
export const PayloadSlotView = z.object({
  id: z.string(),
  method: z.literal("PUT"),
  url: z.string().meta({ description: "Carries its own permission: send no credential along." }),
  headers: z
    .record(z.string(), z.string())
    .meta({ description: "To be sent with the PUT, as they stand." }),
  expiresAt: z.iso.datetime(),
});
export type PayloadSlotView = z.infer<typeof PayloadSlotView>;

/** Where a payload is that is too large to be answered; also in the header `location`. */
export const PayloadPlaceView = z.object({
  url: z.string(),
  bytes: z.int(),
  sha256: z.string(),
});
export type PayloadPlaceView = z.infer<typeof PayloadPlaceView>;
