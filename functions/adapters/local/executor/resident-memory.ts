import { readFileSync } from "node:fs";

let pageBytes: number | undefined;

/** Megabytes of memory a process occupies; undefined where the system does not say so cheaply. */
export function residentMb(pid: number): number | undefined {
  const pages = residentPages(pid);
  if (pages === undefined) return undefined;
  pageBytes ??= measurePageBytes();
  return (pages * pageBytes) / 1_048_576;
}

function residentPages(pid: number): number | undefined {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]);
    return Number.isFinite(pages) ? pages : undefined;
  } catch {
    // No such process any more, or a system without /proc: nothing can be said.
    return undefined;
  }
}

/** The kernel counts in pages, Node in bytes: their ratio, rounded to a power of two, is the page. */
function measurePageBytes(): number {
  const pages = residentPages(process.pid);
  if (pages === undefined || pages === 0) return 4_096;
  return 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages));
}
