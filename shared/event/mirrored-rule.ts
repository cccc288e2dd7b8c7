import { canonicalJson, type JsonValue } from "../core/json.ts";
import type { Trigger } from "./trigger.ts";

/** Where matching events go. */
export interface MatchPlace {
  readonly queueArn: string;
  readonly deadLettersArn: string;
}

/** A rule of EventBridge with its one target, as it stands for a trigger. */
export interface MirroredRule extends MatchPlace {
  readonly description: string;
  /** In canonical form, so that two of them are compared by what they say. */
  readonly pattern: string;
  readonly state: "ENABLED" | "DISABLED";
  readonly targetId: string;
  readonly inputTemplate: string;
  readonly retriesMax: number;
  readonly ageSecondsMax: number;
}

/** Nothing else remembers an event: it is tried for as long as EventBridge does. */
const retries = { retriesMax: 185, ageSecondsMax: 86_400 } as const;

/** What EventBridge is to keep for a trigger. */
export function desiredRule(
  { tenant, name, spec, paused }: Trigger,
  place: MatchPlace,
): MirroredRule {
  return {
    ...place,
    ...retries,
    description: `Switchyard: trigger ${name} of tenant ${tenant}`,
    pattern: canonicalJson(spec.pattern as JsonValue),
    state: paused === undefined ? "ENABLED" : "DISABLED",
    targetId: "intake",
    inputTemplate: passedOn(tenant, name),
  };
}

/** Names of what is different. */
export function ruleDifferences(
  wanted: MirroredRule,
  present: Partial<MirroredRule>,
): readonly string[] {
  return (Object.keys(wanted) as (keyof MirroredRule)[])
    .filter((field) => wanted[field] !== present[field])
    .sort();
}

/** Whose rule bears this description; undefined for one that is none of ours. */
export function recordOfDescription(
  description: string | undefined,
): { readonly tenant: string; readonly name: string } | undefined {
  const [, name, tenant] = descriptionPattern.exec(description ?? "") ?? [];
  return tenant === undefined || name === undefined ? undefined : { tenant, name };
}

const descriptionPattern = /^Switchyard: trigger ([\w-]+) of tenant ([\w-]+)$/;

/** EventBridge puts the whole event in place of the angle brackets; names need no escaping. */
function passedOn(tenant: string, name: string): string {
  return `{"kind":"event","tenant":"${tenant}","trigger":"${name}","event":<aws.events.event.json>}`;
}
