import type { HistoryEntry, Instance } from "../../../shared/instance/instance.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import type { World } from "../world/world.ts";
import { noteGates } from "./note-gates.ts";

/** Counts the rare situations that a change shows. */
export function noteMove(
  world: World,
  before: Instance | undefined,
  after: Instance,
  entry: HistoryEntry,
): void {
  const ended =
    entry.attempt === undefined
      ? undefined
      : after.attempts.find(({ number }) => number === entry.attempt);
  if (entry.command === "lapse") {
    world.saw(ended?.error?.class === "worker_lost" ? "worker lost" : "hand-over lost");
  }
  if (entry.command === "timeOut" && entry.to === "pending") world.saw("attempt timed out");
  if (entry.command === "expire") world.saw("instance expired");
  if (entry.command === "hold" && after.waiting === "paused") world.saw("held while paused");
  noteGates(world, before, after, entry);
  if (entry.command === "cancel" && ended !== undefined) world.saw("cancel stopped a live attempt");
  if ((entry.count ?? 1) > 1) world.saw("history entries folded");
  if (before?.waiting === "paused" && entry.command === "rearm") world.saw("released after resume");
  if (before?.state === "dispatched" && (entry.command === "succeed" || entry.command === "fail")) {
    world.saw("report before the confirmation");
  }
  if (entry.command === "timeOut" && after.finishedAtMs !== undefined) {
    const inTotal = after.finishedAtMs >= (after.deadlineAtMs ?? Infinity);
    world.saw(
      inTotal && ended !== undefined ? "attempt cut short by the total time" : "attempt timed out",
    );
  }
  if (isTerminal(after.state) && entry.reason.includes("infrastructure budget")) {
    world.saw("infrastructure budget used up");
  }
  if (isTerminal(after.state) && entry.reason.includes("was the last")) {
    world.saw("task budget used up");
  }
}
