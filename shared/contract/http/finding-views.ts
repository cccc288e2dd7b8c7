import * as z from "zod";
import { type Finding, findingKinds } from "../../finding/finding.ts";
import { isoTime } from "./iso-time.ts";

const At = z.iso.datetime();

/** Something that should have happened and has not. */
export const FindingView = z.object({
  id: z.string(),
  kind: z.enum(findingKinds),
  subject: z.string().meta({ description: "The schedule's name, or the part of the system." }),
  state: z.enum(["open", "closed"]),
  message: z.string(),
  nominalAt: At.optional().meta({ description: "Of the newest slot concerned." }),
  instanceId: z.string().optional(),
  openedAt: At,
  closedAt: At.optional(),
  acknowledged: z.object({ at: At, by: z.string(), note: z.string().optional() }).optional(),
});
export type FindingView = z.infer<typeof FindingView>;

const slotKinds: readonly string[] = ["slot_missed", "start_late", "success_late"];

export function findingToView(finding: Finding): FindingView {
  const { id, kind, subject, state, message, nominalMs, instanceId, closedAtMs } = finding;
  const { acknowledged } = finding;
  return {
    id,
    kind,
    subject,
    state,
    message,
    ...(nominalMs === undefined || !slotKinds.includes(kind)
      ? {}
      : { nominalAt: isoTime(nominalMs) }),
    ...(instanceId === undefined ? {} : { instanceId }),
    openedAt: isoTime(finding.openedAtMs),
    ...(closedAtMs === undefined ? {} : { closedAt: isoTime(closedAtMs) }),
    ...(acknowledged === undefined ? {} : { acknowledged: acknowledgementToView(acknowledged) }),
  };
}

function acknowledgementToView({ atMs, ...rest }: NonNullable<Finding["acknowledged"]>) {
  return { at: isoTime(atMs), ...rest };
}
