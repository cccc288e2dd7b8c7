import { keys } from "../../shared/contract/keys.ts";
import { type Rejection, TransientError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import {
  overQuota,
  type QuotaBound,
  type QuotaMinute,
  quotaMinute,
} from "../../shared/group/quota.ts";
import { gates } from "../../shared/limit/gate-names.ts";
import type { Change } from "../../shared/ports/store.ts";
import type { Engine } from "../runtime/engine.ts";
import type { GateFacts } from "../runtime/gate-source.ts";

/** How many submissions a minute may take, of a group and of the tenant. */
export function quotasOf(
  group: string | undefined,
  { settings, groups }: Pick<GateFacts, "settings" | "groups">,
): readonly QuotaBound[] {
  const ofGroup = group === undefined ? undefined : groups.get(group)?.spec.submissionsPerMinute;
  const ofTenant = settings?.spec.submissionsPerMinute;
  return [
    ...(ofGroup === undefined || group === undefined
      ? []
      : [{ subject: gates.group(group), perMinute: ofGroup }]),
    ...(ofTenant === undefined ? [] : [{ subject: gates.tenant, perMinute: ofTenant }]),
  ];
}

/**
 * Counts submissions of one group, all at once: the first of them are granted, as many as the minute
 * has left, and `rejection` says why not the rest.
 */
export async function takeQuota(
  { store, clock }: Pick<Engine, "store" | "clock">,
  tenant: string,
  bounds: readonly QuotaBound[],
  wanted: number,
): Promise<{ readonly granted: number; readonly rejection?: Rejection }> {
  const nowMs = clock.now();
  const minute = quotaMinute(nowMs);
  let granted = wanted;
  let short: { readonly bound: QuotaBound; readonly used: number } | undefined;
  const refusal = (): { readonly rejection?: Rejection } =>
    short === undefined
      ? {}
      : { rejection: overQuota(short.bound, short.used + granted, minute.endsAtMs, nowMs) };
  for (let tries = 0; tries < limits.gateRetriesMax; tries++) {
    if (granted === 0) return { granted, ...refusal() };
    const count = granted;
    const result = await store.write(bounds.map((bound) => countOf(tenant, bound, minute, count)));
    if (result.outcome === "wrote") return { granted, ...refusal() };
    for (const { changeIndex, current } of result.conflicts) {
      const bound = bounds[changeIndex];
      if (bound === undefined) continue;
      const used = Number(current?.body.submitted ?? 0);
      const room = Math.max(0, bound.perMinute - used);
      if (room >= granted) continue;
      granted = room;
      short = { bound, used };
    }
  }
  throw new TransientError("others kept counting submissions; nothing was submitted");
}

function countOf(
  tenant: string,
  { subject, perMinute }: QuotaBound,
  { minute, endsAtMs }: QuotaMinute,
  submitted: number,
): Change {
  return {
    kind: "add",
    key: keys.quota(tenant, subject, minute),
    type: "quota",
    amounts: { submitted },
    bounds: { submitted: { max: perMinute } },
    expiresAtMs: endsAtMs + limits.quotaKeepMs,
  };
}
