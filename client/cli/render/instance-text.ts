import type { ErrorView, InstanceView } from "../../../shared/contract/http/views.ts";
import { durationText } from "../../../shared/core/duration-text.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import type { TaskInstance } from "../../sdk/task-types.ts";
import { relativeText } from "../durations.ts";
import type { Output } from "../output.ts";
import { plainText, type Style, styleOfState } from "../styles.ts";
import type { Column } from "../text-table.ts";

/** The state, with what a pending one waits for. */
export function stateText(instance: Pick<InstanceView, "state" | "waiting">): string {
  return instance.state === "pending" && instance.waiting !== undefined
    ? `pending (${instance.waiting})`
    : instance.state;
}

/** How long it took from submission to its end, or until now. */
export function elapsedText(
  instance: Pick<InstanceView, "createdAt" | "finishedAt">,
  nowMs: number,
): string {
  const endMs = instance.finishedAt === undefined ? nowMs : Date.parse(instance.finishedAt);
  return durationText(endMs - Date.parse(instance.createdAt));
}

/** One line on where an instance is: for progress and for the end of a wait. */
export function progressText(instance: TaskInstance, nowMs: number): string {
  const attempt =
    instance.attemptCount === 0 ? "no attempt yet" : `attempt ${instance.attemptCount}`;
  const where = instance.backend === undefined ? "" : ` on ${instance.backend}`;
  return `${instance.id} ${stateText(instance)}, ${attempt}${where}, ${elapsedText(instance, nowMs)}`;
}

function gatheredText(gathered: InstanceView["gathered"]): string | undefined {
  if (gathered === undefined) return undefined;
  const { mode, items } = gathered;
  return `${items} ${items === 1 ? "submission" : "submissions"} as a ${mode}`;
}

export function errorText(error: ErrorView): string {
  const name = error.name === undefined || error.name === "Error" ? "" : `${error.name}: `;
  return plainText(`${name}${error.message} (${error.class})`);
}

/** The columns of a list of instances; at 80 cells the essential ones stay. */
export function instanceColumns(nowMs: number): readonly Column<InstanceView>[] {
  return [
    { title: "ID", text: ({ id }) => id },
    { title: "TASK", text: ({ task }) => task, widthMin: 10 },
    {
      title: "STATE",
      text: ({ state, waiting }) => (waiting === undefined ? state : `${state}:${waiting}`),
      style: ({ state }): Style => styleOfState[state],
      widthMin: 10,
    },
    { title: "AGE", text: ({ createdAt }) => relativeText(createdAt, nowMs) },
    {
      title: "TOOK",
      text: (instance) => (isTerminal(instance.state) ? elapsedText(instance, nowMs) : ""),
      align: "right",
      dropOrder: 1,
    },
    {
      title: "TRIES",
      text: ({ attemptCount }) => String(attemptCount),
      align: "right",
      dropOrder: 3,
    },
    { title: "BACKEND", text: ({ backend }) => backend ?? "", dropOrder: 2 },
    { title: "GROUP", text: ({ group }) => group ?? "", widthMin: 8, dropOrder: 4 },
    { title: "TAGS", text: ({ tags }) => tagsText(tags) ?? "", widthMin: 12, dropOrder: 5 },
  ];
}

/** Everything about one instance that one wants to see first. */
export function writeInstance(output: Output, instance: TaskInstance): void {
  const { nowMs, paint } = output;
  const when = (at: string | undefined): string | undefined =>
    at === undefined ? undefined : `${at}  ${paint("dim", relativeText(at, nowMs))}`;
  output.facts([
    ["id", instance.id],
    ["task", `${instance.task} version ${instance.version}`],
    ["state", paint(styleOfState[instance.state], stateText(instance))],
    ["backend", instance.backend],
    ["pinned to", instance.pinnedBackend],
    ["gathered", gatheredText(instance.gathered)],
    ["attempts", attemptsText(instance)],
    ["submitted", `${when(instance.createdAt) ?? ""}  by ${plainText(instance.submittedBy)}`],
    ["due", instance.dueAt === instance.createdAt ? undefined : when(instance.dueAt)],
    ["start by", when(instance.startBy)],
    ["deadline", when(instance.deadlineAt)],
    ["finished", when(instance.finishedAt)],
    ["took", isTerminal(instance.state) ? elapsedText(instance, nowMs) : undefined],
    ["priority", String(instance.priority)],
    ["group", instance.group],
    ["tags", tagsText(instance.tags)],
    ["key", instance.idempotencyKey],
    ["input", payloadText(instance.input)],
    ["output", payloadText(instance.output)],
    ["error", instance.error === undefined ? undefined : paint("red", errorText(instance.error))],
  ]);
}

function attemptsText({ attemptCount, attempts, round }: TaskInstance): string {
  const newest = attempts
    .slice(-5)
    .map(({ number, state, backend, durationMs }) => {
      const took = durationMs === undefined ? "" : ` ${durationText(durationMs)}`;
      return `#${number} ${state} on ${backend}${took}`;
    })
    .join("; ");
  const rounds = round > 1 ? ` in ${round} rounds` : "";
  return newest === "" ? String(attemptCount) : `${attemptCount}${rounds}: ${newest}`;
}

function tagsText(tags: Readonly<Record<string, string>> | undefined): string | undefined {
  if (tags === undefined) return undefined;
  const pairs = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  return plainText(pairs.join(" "));
}

const payloadCharsMax = 400;

function payloadText(payload: unknown): string | undefined {
  if (payload === undefined) return undefined;
  const text = plainText(JSON.stringify(payload));
  if (text.length <= payloadCharsMax) return text;
  return `${text.slice(0, payloadCharsMax)}… (${text.length} characters; --json shows all)`;
}
