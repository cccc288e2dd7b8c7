import * as z from "zod";
import { limits } from "../core/limits.ts";
import { Sha256 } from "../instance/submission.ts";

/*
 * The envelope as a schema, for documents and for those who check what they receive. Nothing that
 * runs a task imports this: user code and the runner know the envelope by its types alone.
 */

const Instant = z.iso.datetime();
const AnyJson = z.json();

/** What a task's function receives as its event; fields may be added, so others are let pass. */
export const EnvelopeSchema = z.looseObject({
  version: z.literal(1).meta({ description: "A change of meaning makes version 2." }),
  task_id: z.string().meta({ description: "The instance's id." }),
  instance: z.looseObject({
    id: z.string(),
    tenant: z.string(),
    task: z.string().meta({ description: "Name of the task." }),
    task_version: z.int().min(1),
  }),
  attempt: z.looseObject({
    id: z.string(),
    number: z.int().min(1).meta({ description: "1 for the first attempt of an instance." }),
  }),
  request_id: z.string().meta({ description: "The attempt's id: names this one execution." }),
  execution_time: Instant.meta({ description: "When this execution was ordered." }),
  inputs: AnyJson.optional().meta({
    description:
      "As submitted; absent when there were none, or when inputs_ref says where they are.",
  }),
  inputs_ref: z
    .looseObject({
      url: z.url().meta({ description: "Takes GETs, for the attempt's time and an hour more." }),
      bytes: z.int().min(1).max(limits.payloadBytesMax),
      sha256: Sha256,
    })
    .optional()
    .meta({ description: "Inputs too large for the event: a JSON text in UTF-8." }),
  outputs_url: z
    .looseObject({
      url: z.url().meta({ description: "Takes one PUT with the header if-none-match: *." }),
      inline_bytes_max: z.int().meta({ description: "Larger outputs go to the url." }),
    })
    .optional(),
  config: z.record(z.string(), AnyJson).optional(),
  trace: z
    .looseObject({
      traceparent: z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/),
      tracestate: z.string().optional(),
      baggage: z.string().optional(),
    })
    .meta({ description: "W3C trace context and baggage, to be handed on as headers." }),
  deadline: Instant.meta({ description: "The attempt is given up at this instant." }),
  resource_limits: z.looseObject({
    timeout_ms: z.number().positive(),
    memory_mb: z.number().positive().optional(),
    cpu_cores: z.number().positive().optional(),
  }),
});

/** What a function returns in place of an output that it has put at `outputs_url`. */
export const OutputMarkerSchema = z.strictObject({
  switchyard_output: z.strictObject({
    bytes: z.int().min(1).max(limits.payloadBytesMax),
    sha256: Sha256,
  }),
});
