import { durationText } from "../../core/duration-text.ts";
import type { Stretch } from "./collect-fires.ts";
import type { Collision } from "./find-collisions.ts";
import type { Capacity } from "./plan.ts";
import type { Spread } from "./propose-spread.ts";

/** A collision in one sentence, with what removes it. */
export function collisionText(stretch: Stretch, collision: Collision & Spread): string {
  const times = collision.occurrences.length;
  const again = times === 1 ? "" : ` (the worst of ${times} times)`;
  return `${happens(stretch, collision)}${again}; ${remedy(collision)}`;
}

function happens(stretch: Stretch, { gauge, members, worst }: Collision): string {
  const schedules = members.length === 1 ? "1 schedule" : `${members.length} schedules`;
  const s = members.length === 1 ? "s" : "";
  const at = instantText(stretch.fromMs + worst.startSecond * 1_000);
  const { capacity } = gauge;
  if (capacity === undefined) {
    return `${schedules} fire${s} at ${instantText(stretch.fromMs + worst.levelSecond * 1_000)}`;
  }
  const name = capacityText(capacity);
  if (gauge.kind === "rate") {
    const waits = durationText(worst.level * 1_000);
    return `${schedules} want${s} more starts than ${name} lets through from ${at} on, so that the last of them waits ${waits}`;
  }
  const lasts = durationText(worst.secondsAbove * 1_000);
  return `${schedules} need${s} ${number(worst.level)} of ${number(gauge.bound)} slots of ${name} from ${at} on, for ${lasts}`;
}

function remedy({ gauge, members, proposal, leftOut }: Collision & Spread): string {
  if (proposal === undefined) {
    const [first] = leftOut;
    return first !== undefined && leftOut.length === members.length
      ? `none of them may be spread: ${first.reason}`
      : "no jitter makes it better";
  }
  const which = proposal.members.length === members.length ? "them" : `${proposal.members.length}`;
  const spreading = `spreading ${which} over ${durationText(proposal.withinSeconds * 1_000)}`;
  if (proposal.removes) return `${spreading} removes it`;
  const { level } = proposal.after;
  if (gauge.kind === "rate")
    return `${spreading} lets the last wait ${durationText(level * 1_000)}`;
  return `${spreading} brings it down to ${number(level)}`;
}

export function capacityText({ name }: Capacity): string {
  return name === "lambda" ? "Lambda" : name;
}

/** An instant as 2026-11-21T00:00Z, with seconds where it has some. */
function instantText(atMs: number): string {
  const iso = new Date(atMs).toISOString();
  return iso.slice(17, 19) === "00" ? `${iso.slice(0, 16)}Z` : `${iso.slice(0, 19)}Z`;
}

/** With thin groups of three, as in 1,240. */
function number(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
