import { existsSync, readFileSync, watch } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "../../../shared/core/limits.ts";
import type { Behaviour } from "./backend-harness.ts";

/** Code for each behaviour; as it begins, it leaves a mark in a folder. */
const moduleText = (marks: string) => `
  import { appendFileSync } from "node:fs";
  import { join } from "node:path";
  const begin = (event) => appendFileSync(join(${JSON.stringify(marks)}, event.attempt.id), "begun\\n");
  const forEver = () => new Promise((resolve) => setTimeout(resolve, 600_000));
  export const result = (event) => { begin(event); return { ok: true }; };
  export const nothing = (event) => { begin(event); };
  export const error = (event) => { begin(event); throw new TypeError("no width"); };
  export const crash = (event) => { begin(event); process.exit(3); };
  export const timeout = async (event) => { begin(event); await forEver(); };
  export const memory = (event) => { begin(event); const kept = []; for (;;) kept.push(new Array(1_000_000).fill(1.5)); };
  export const huge = (event) => { begin(event); return "x".repeat(${limits.outputBytesMax + 1}); };
  export const endless = async (event) => { begin(event); await forEver(); };
`;

/** A module whose exports behave as their names say, and what they leave behind. */
export interface BehaviourModule {
  target(behaviour: Behaviour): { readonly module: string; readonly export: string };
  runsOf(attemptId: string): number;
  /** Waits until the code of an attempt has begun. */
  begun(attemptId: string): Promise<void>;
}

export async function writeBehaviours(
  functionsRoot: string,
  folder: string,
): Promise<BehaviourModule> {
  const marks = join(folder, "marks");
  await mkdir(marks, { recursive: true });
  await writeFile(join(functionsRoot, "behaviours.mjs"), moduleText(marks));
  return {
    target: (behaviour) => ({ module: "behaviours.mjs", export: behaviour }),
    runsOf(attemptId) {
      const mark = join(marks, attemptId);
      return existsSync(mark) ? readFileSync(mark, "utf8").split("\n").length - 1 : 0;
    },
    begun: (attemptId) =>
      new Promise((resolve) => {
        const look = () => {
          if (!existsSync(join(marks, attemptId))) return;
          watcher.close();
          resolve();
        };
        const watcher = watch(marks, look);
        look();
      }),
  };
}
