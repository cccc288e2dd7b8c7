import { readdirSync, readFileSync } from "node:fs";

const ticksPerSecond = 100;
const pageBytes = 4_096;

export interface ProcessUsage {
  readonly cpuMs: number;
  readonly memoryMb: number;
}

/** CPU time and resident memory of a process and all its descendants, from Linux's /proc. */
export function usageOfTree(rootPid: number): ProcessUsage {
  const children = new Map<number, number[]>();
  const stats = new Map<number, { ticks: number; pages: number }>();
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const text = readFileSync(`/proc/${entry}/stat`, "utf8");
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      const parent = Number(fields[1]);
      stats.set(Number(entry), {
        // Own time, and that of children which have ended and were waited for.
        ticks: [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0),
        pages: Number(fields[21]),
      });
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // The process ended while the list was read; it is counted by its parent.
    }
  }
  const tree = [rootPid];
  for (let index = 0; index < tree.length; index++) {
    tree.push(...(children.get(tree[index] ?? -1) ?? []));
  }
  const known = tree.flatMap((pid) => stats.get(pid) ?? []);
  return {
    cpuMs: known.reduce((sum, { ticks }) => sum + (ticks * 1_000) / ticksPerSecond, 0),
    memoryMb: known.reduce((sum, { pages }) => sum + (pages * pageBytes) / 1_048_576, 0),
  };
}

export function peakMemoryMb(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1_024;
}
