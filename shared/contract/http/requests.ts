import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { boundedText, Name } from "../../core/texts.ts";
import { instanceStates } from "../../instance/moves.ts";
import { Instant } from "../../instance/submission.ts";

/** A whole number written in a query string. */
function wholeNumber(min: number, max: number) {
  return z
    .string("must be given once")
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.int().min(min).max(max));
}

/** A query parameter that may be repeated. */
const Repeated = z.union([z.string().transform((text) => [text]), z.array(z.string())]);

/** A repeated parameter whose values may also stand in one text, separated by commas. */
const Listed = Repeated.transform((texts) => texts.flatMap((text) => text.split(",")));

/** As made by this API; its form is nobody else's business. */
export const Cursor = z
  .string("must be given once")
  .min(1)
  .max(limits.cursorCharsMax)
  .meta({ description: "nextCursor of the page before, with the same filters." });

/** An id as it may stand in a path; whether there is such a thing is another question. */
export const InstanceId = z
  .string()
  .regex(/^ins_[0-9a-z]{26}$/, 'must be an instance id: "ins_" and 26 letters or digits')
  .meta({ description: "Id of the instance." });

export const TaskParams = z.strictObject({ name: Name.meta({ description: "Name of the task." }) });
export const InstanceParams = z.strictObject({ id: InstanceId });

export const PageQuery = z.strictObject({
  limit: wholeNumber(1, limits.pageSizeMax)
    .optional()
    .meta({ description: `Items per page; default ${limits.pageSizeDefault}.` }),
  cursor: Cursor.optional(),
});
export type PageQuery = z.infer<typeof PageQuery>;

export const InstanceQuery = z.strictObject({
  waitSeconds: wholeNumber(0, limits.waitSecondsMax).optional().meta({
    description:
      "Wait up to this long for the instance to finish, where the host can tell; else answer at once.",
  }),
});
export type InstanceQuery = z.infer<typeof InstanceQuery>;

export const InstanceFilters = z.strictObject({
  task: Name.optional(),
  state: Listed.pipe(z.array(z.enum(instanceStates)).min(1).max(instanceStates.length))
    .optional()
    .meta({ description: "One state or several, repeated or separated by commas." }),
  group: Name.optional(),
  colour: InstanceId.optional().meta({
    description: "Id of the instance from which they began; it is among them.",
  }),
  tag: Repeated.pipe(
    z
      .array(
        z
          .string()
          .max(limits.tagKeyCharsMax + 1 + limits.tagValueBytesMax)
          .regex(/^[^=]+(=.*)?$/s, 'must be "key=value", or "key" for any value'),
      )
      .max(limits.tagsMax),
  )
    .optional()
    .meta({ description: 'As "key=value", or "key" for any value; all given ones must match.' }),
  since: Instant.optional().meta({ description: "Submitted at this instant or later." }),
  until: Instant.optional().meta({ description: "Submitted before this instant." }),
  q: z
    .string("must be given once")
    .min(1)
    .max(limits.queryTextCharsMax)
    .optional()
    .meta({ description: "Text in its id, task, group, tags, key, backend or error; any case." }),
});
export type InstanceFilters = z.infer<typeof InstanceFilters>;

export const InstanceListQuery = InstanceFilters.extend(PageQuery.shape);
export type InstanceListQuery = z.infer<typeof InstanceListQuery>;

export const Lookup = z.strictObject({
  ids: z.array(InstanceId).min(1).max(limits.lookupIdsMax),
  waitSeconds: z.int().min(0).max(limits.waitSecondsMax).optional(),
  until: z
    .enum(["terminal"])
    .optional()
    .meta({ description: "Wait until all are finished (the default with waitSeconds)." }),
});
export type Lookup = z.infer<typeof Lookup>;

const finishedStates = ["succeeded", "failed", "cancelled", "timed_out", "expired"] as const;

export const Purge = z.strictObject({
  before: Instant.meta({ description: "Only instances that finished before this instant." }),
  states: z.array(z.enum(finishedStates)).min(1).max(finishedStates.length).optional(),
  task: Name.optional(),
  limit: z
    .int()
    .min(1)
    .max(limits.purgePageSize)
    .optional()
    .meta({ description: "Delete at most so many in this request." }),
  cursor: Cursor.optional(),
});
export type Purge = z.infer<typeof Purge>;

export const PauseAction = z.strictObject({
  reason: boundedText(limits.reasonBytesMax).optional(),
});
export type PauseAction = z.infer<typeof PauseAction>;

export const StatsQuery = z.strictObject({
  hours: wholeNumber(1, limits.statsHoursMax)
    .optional()
    .meta({ description: "How many hours back, the present one included; default 24." }),
});
export type StatsQuery = z.infer<typeof StatsQuery>;

export const NoQuery = z.strictObject({});
