import * as z from "zod";
import {
  type Group,
  GroupSpec,
  type Pause,
  type TenantSettings,
  TenantSpec,
} from "../../group/group.ts";
import { BudgetView } from "./budget-views.ts";
import { isoTime } from "./iso-time.ts";

const At = z.iso.datetime();
const PauseView = z.object({ at: At, by: z.string(), reason: z.string().optional() });

const QuotaView = z.object({
  perMinute: z.int().min(1),
  used: z.int().min(0).meta({ description: "In the present minute." }),
  freeAgainAt: At,
});
export type QuotaView = z.infer<typeof QuotaView>;

/** How much of a group or tenant is in use right now. */
export const UseView = z.object({
  running: z.int().min(0).meta({ description: "Instances with an attempt under way." }),
  waiting: z.int().min(0).meta({ description: "Pending instances, whatever they wait for." }),
  complete: z.boolean().meta({
    description: "False where only the newest instances were counted, because there are too many.",
  }),
  submissions: QuotaView.optional().meta({ description: "Where submissions are bounded." }),
  budget: BudgetView.optional(),
});
export type UseView = z.infer<typeof UseView>;

/** In how many hours of the last day anything of the group ran. */
export const IdleHoursView = z.object({
  from: At,
  until: At,
  busyHours: z.int().min(0),
  idleHours: z.int().min(0).meta({
    description:
      "Hours in which no attempt of the group ran, so that machines kept for it would have been idle.",
  }),
});
export type IdleHoursView = z.infer<typeof IdleHoursView>;

/** A service group: its bounds, and how much of them is in use. */
export const GroupView = z.object({
  name: z.string(),
  spec: GroupSpec,
  paused: PauseView.optional(),
  use: UseView.optional().meta({ description: "Left out of lists." }),
  idle: IdleHoursView.optional().meta({ description: "Left out of lists." }),
  createdAt: At,
  updatedAt: At,
  updatedBy: z.string(),
  links: z.object({ self: z.string(), instances: z.string() }),
});
export type GroupView = z.infer<typeof GroupView>;

/** What bounds everything of the tenant together. */
export const TenantView = z.object({
  tenant: z.string(),
  spec: TenantSpec,
  stopped: PauseView.extend({ kind: z.enum(["paused", "off"]) })
    .optional()
    .meta({ description: "Nothing starts; with off, nothing is accepted either." }),
  use: UseView.omit({ running: true, waiting: true, complete: true }),
  updatedAt: At.optional().meta({ description: "Absent while nobody has set anything." }),
  updatedBy: z.string().optional(),
});
export type TenantView = z.infer<typeof TenantView>;

export function groupToView(group: Group, more: Pick<GroupView, "use" | "idle"> = {}): GroupView {
  const { name, spec, paused } = group;
  const self = `/v1/groups/${name}`;
  return {
    name,
    spec,
    ...(paused === undefined ? {} : { paused: pauseToView(paused) }),
    ...more,
    createdAt: isoTime(group.createdAtMs),
    updatedAt: isoTime(group.updatedAtMs),
    updatedBy: group.updatedBy,
    links: { self, instances: `/v1/instances?group=${name}` },
  };
}

export function tenantToView(
  tenant: string,
  settings: TenantSettings | undefined,
  use: TenantView["use"],
): TenantView {
  if (settings === undefined) return { tenant, spec: {}, use };
  const { spec, stopped, updatedAtMs, updatedBy } = settings;
  return {
    tenant,
    spec,
    ...(stopped === undefined ? {} : { stopped: { ...pauseToView(stopped), kind: stopped.kind } }),
    use,
    updatedAt: isoTime(updatedAtMs),
    updatedBy,
  };
}

function pauseToView({ atMs, by, reason }: Pause): z.infer<typeof PauseView> {
  return { at: isoTime(atMs), by, ...(reason === undefined ? {} : { reason }) };
}
