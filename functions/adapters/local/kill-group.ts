import type { ChildProcess } from "node:child_process";

/** Ends a process that leads a group of its own, with everything that it has started. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group is gone already, or the platform has none; the process itself may still be there.
    child.kill("SIGKILL");
  }
}
