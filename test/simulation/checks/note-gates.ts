import type { HistoryEntry, Instance } from "../../../shared/instance/instance.ts";
import type { World } from "../world/world.ts";

/** Counts the situations at gates that a change shows. */
export function noteGates(
  world: World,
  before: Instance | undefined,
  after: Instance,
  entry: HistoryEntry,
): void {
  if (entry.command === "hold") noteHold(world, before, after);
  if (entry.command === "claim" && before?.waiting === "limit") {
    world.saw("waiter came through");
  }
  if (entry.command === "claim" && after.approvedBy !== undefined) world.saw("started by approval");
  if (entry.command === "fail" && after.error?.class === "over_budget") {
    world.saw("refused for want of money");
  }
  if (entry.command === "cancel" && entry.reason.startsWith("replaced by")) {
    world.saw("singleton replaced");
  }
  if (entry.command === "amend") noteAmend(world, before, after);
  if (before?.waiting === "limit" && entry.to !== "pending" && entry.command !== "claim") {
    world.saw("ended while it waited in a line");
  }
}

function noteHold(world: World, before: Instance | undefined, after: Instance): void {
  const { waiting, waitingFor = "" } = after;
  if (waiting === "limit") {
    world.saw(waitingFor.startsWith("rate:") ? "waited for a start" : "waited for a slot");
    const moved = before?.waiting === "limit" && before.waitingFor !== waitingFor;
    if (moved) world.saw("waiter moved to another line");
  }
  if (waiting === "budget") world.saw("waited for money");
  if (waiting === "approval") world.saw("waited for approval");
  if (waitingFor.startsWith("pause:group/")) world.saw("held by a paused group");
  if (waitingFor === "pause:tenant") world.saw("held by a stopped tenant");
}

function noteAmend(world: World, before: Instance | undefined, after: Instance): void {
  if (before === undefined) return;
  const isFull = after.waiting === "due";
  if (after.gathered?.mode === "batch") world.saw(isFull ? "batch full" : "batch joined");
  else if (after.dueAtMs > before.dueAtMs) world.saw("debounce extended");
}
