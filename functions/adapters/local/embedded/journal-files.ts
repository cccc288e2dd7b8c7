import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { TerminalError } from "../../../../shared/core/errors.ts";
import { readSegmentHeader } from "./segment-file.ts";

/** A run of frames in one file. */
export interface Segment {
  readonly path: string;
  readonly firstPosition: number;
}

export function segmentPath(directory: string, fileNumber: number): string {
  return join(directory, `${String(fileNumber).padStart(8, "0")}.journal`);
}

/** The refusal to go on after damage in the middle of the journal. */
export function damaged(path: string, offset: number): TerminalError {
  return new TerminalError(
    `the journal file "${path}" is damaged at byte ${offset}: intact changes follow the damage, ` +
      "so going on would lose acknowledged writes. Restore the data directory from a backup.",
  );
}

export interface FoundSegments {
  readonly segments: Segment[];
  readonly spares: string[];
  readonly fileCount: number;
}

/** The journal's files: those with a header in the order of their changes, and the spare ones. */
export async function findSegments(directory: string): Promise<FoundSegments> {
  const segments: Segment[] = [];
  const spares: string[] = [];
  let fileCount = 0;
  for (const name of (await readdir(directory)).sort()) {
    const number = /^(\d{8,})\.journal$/.exec(name)?.[1];
    if (number === undefined) continue;
    fileCount = Math.max(fileCount, Number(number));
    const path = join(directory, name);
    const firstPosition = await readSegmentHeader(path);
    if (firstPosition === undefined) spares.push(path);
    else segments.push({ path, firstPosition });
  }
  segments.sort((a, b) => a.firstPosition - b.firstPosition);
  return { segments, spares, fileCount };
}

/** Has the directory's entries on disk; Windows neither needs nor allows it. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
