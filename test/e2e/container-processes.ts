import { readdirSync, readFileSync } from "node:fs";

/** The processes of the container that runs an attempt: its entry point first, then the code's. */
export function containerProcessesOf(attemptId: string): readonly number[] {
  const wanted = `SWITCHYARD_ATTEMPT_ID=${attemptId}`;
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && read(pid, "environ").includes(wanted))
    .sort((one, other) => rank(one) - rank(other));
}

function rank(pid: number): number {
  return read(pid, "cmdline").some((word) => word.endsWith("container.mjs")) ? 0 : 1;
}

function read(pid: number, file: "cmdline" | "environ"): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
  } catch {
    // It has ended meanwhile, or is not ours.
    return [];
  }
}
