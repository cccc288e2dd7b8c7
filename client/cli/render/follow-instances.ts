import { isTerminal } from "../../../shared/instance/moves.ts";
import type { SwitchyardClient } from "../../sdk/client.ts";
import { SwitchyardError } from "../../sdk/switchyard-error.ts";
import type { TaskInstance } from "../../sdk/task-types.ts";
import type { Output } from "../output.ts";
import { styleOfState } from "../styles.ts";
import { progressText } from "./instance-text.ts";
import { LiveLines } from "./live-lines.ts";

export interface Followed {
  readonly id: string;
  /** Finished, or why the wait for it ended. */
  readonly end: TaskInstance | SwitchyardError;
}

const tickMs = 250;

/**
 * Waits for instances and shows how they get on: in place on a terminal, otherwise as a line for
 * each change of state. Yields each as it ends.
 */
export async function* followInstances(
  client: SwitchyardClient,
  output: Output,
  ids: readonly string[],
  timeoutMs: number | undefined,
): AsyncGenerator<Followed> {
  const open = new Map<string, TaskInstance | undefined>(ids.map((id) => [id, undefined]));
  const live = new LiveLines(output.terminal);
  const shown = output.mode === "human";
  const draw = (): void => {
    if (shown) live.show([...open].map(([id, seen]) => lineOf(id, seen, output.nowMs)));
  };
  const ended: Followed[] = [];
  let wake: () => void = () => {};
  for (const id of open.keys()) {
    const onUpdate = shown
      ? (instance: TaskInstance): void => {
          const before = open.get(id);
          open.set(id, instance);
          sayChange(output, before, instance);
        }
      : undefined;
    void endOf(client, id, { timeoutMs, onUpdate }).then((end) => {
      open.delete(id);
      ended.push({ id, end });
      wake();
    });
  }
  const ticker = shown && output.terminal.errIsTty ? setInterval(draw, tickMs) : undefined;
  try {
    for (let left = open.size; left > 0; ) {
      const next = ended.shift();
      if (next === undefined) {
        draw();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      left--;
      live.clear();
      yield next;
    }
  } finally {
    clearInterval(ticker);
    live.clear();
  }
}

async function endOf(
  client: SwitchyardClient,
  id: string,
  options: Parameters<SwitchyardClient["wait"]>[1],
): Promise<TaskInstance | SwitchyardError> {
  try {
    return await client.wait(id, options);
  } catch (error) {
    if (error instanceof SwitchyardError) return error;
    throw error;
  }
}

function sayChange(output: Output, before: TaskInstance | undefined, now: TaskInstance): void {
  if (output.terminal.errIsTty || isTerminal(now.state)) return;
  if (before?.state === now.state && before.attemptCount === now.attemptCount) return;
  output.remark(progressText(now, output.nowMs), styleOfState[now.state]);
}

function lineOf(id: string, seen: TaskInstance | undefined, nowMs: number): string {
  return seen === undefined ? `${id} …` : progressText(seen, nowMs);
}
