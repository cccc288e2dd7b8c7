import type { Schedule, Slot } from "../../../shared/schedule/schedule.ts";
import type { World } from "../world/world.ts";
import type { SlotOracle } from "./slot-oracle.ts";

/** Whether what became of a slot is what the misfire policy says, by the clock of whoever decided. */
export function checkMisfire(world: World, before: Schedule, oracle: SlotOracle, slot: Slot): void {
  const { policy, max, graceSeconds } = before.spec.misfire;
  const { outcome, atMs, nominalMs } = slot;
  const name = `${before.name} slot ${nominalMs}`;
  const isLate = (effectiveMs: number): boolean => atMs - effectiveMs > graceSeconds * 1_000;
  const fires = oracle.between(nominalMs - 1, slot.untilMs ?? nominalMs);
  if (outcome === "missed" && slot.reason?.startsWith("nobody looked") === true) {
    world.saw("slots missed");
    if (fires.some(({ effectiveMs }) => !isLate(effectiveMs))) {
      world.violate("I11 misfire policy", `${name} was missed though it was in time`);
    }
  }
  const [fire] = fires;
  if (outcome !== "fired" || fire === undefined) return;
  if (fire.dueMs > atMs) {
    world.violate("I10 not early", `${name} was fired ${fire.dueMs - atMs} ms early`);
  }
  if (!isLate(fire.effectiveMs)) return;
  const later = oracle.between(nominalMs, atMs);
  const missed = 1 + later.filter(({ effectiveMs }) => isLate(effectiveMs)).length;
  const allowed = { skip: 0, fire_once: later.length === 0 ? 1 : 0, catch_up: max }[policy];
  if (missed > allowed) {
    world.violate(
      "I11 misfire policy",
      `${name} was fired late, with ${missed} missed (${policy})`,
    );
  }
  world.saw("slot caught up on");
}
