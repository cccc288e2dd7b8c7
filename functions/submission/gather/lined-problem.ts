import type { Rejection } from "../../../shared/core/errors.ts";
import { limits } from "../../../shared/core/limits.ts";
import { batchBytesOf } from "../../../shared/instance/amend-instance.ts";
import type { Submission } from "../../../shared/instance/submission.ts";
import type { TaskSpec } from "../../../shared/task/task.ts";

/** What a task that locks or gathers cannot take; undefined when it can. */
export function linedProblem(
  { startAt, startBy, delaySeconds, inputRef }: Submission,
  { singleton, gather }: TaskSpec,
  inlineBytes: number,
): Rejection | undefined {
  if (gather !== undefined) {
    const [time] = Object.entries({ delaySeconds, startAt, startBy }).filter(
      ([, value]) => value !== undefined,
    );
    if (time !== undefined) {
      return {
        code: "invalid_field",
        pointer: `/${time[0]}`,
        detail: `${time[0]} cannot be given: the task gathers submissions and so decides itself when it starts`,
        suggestion: "leave it out, or submit to a task without gather",
      };
    }
  }
  if (inputRef === undefined)
    return gather?.mode === "batch" ? itemProblem(inlineBytes) : undefined;
  if (gather?.mode === "batch") {
    return uploadRefused("the task runs many inputs as one list, which uploads cannot be part of");
  }
  const path = singleton?.key ?? gather?.key;
  if (path === undefined || !path.startsWith("input")) return undefined;
  return uploadRefused(`the task's key ${path} cannot be read from an upload`);
}

/** An input that fits alone may not fit into a list. */
function itemProblem(inlineBytes: number): Rejection | undefined {
  const bytes = batchBytesOf(inlineBytes);
  if (bytes <= limits.inputBytesMax) return undefined;
  return {
    code: "payload_too_large",
    pointer: "/input",
    detail: `the input has ${bytes} bytes as a list of one, at most ${limits.inputBytesMax} are possible`,
    suggestion: "store it elsewhere and submit where it is",
  };
}

function uploadRefused(detail: string): Rejection {
  return {
    code: "invalid_field",
    pointer: "/inputRef",
    detail,
    suggestion: `submit an input of at most ${limits.inputBytesMax} bytes`,
  };
}
