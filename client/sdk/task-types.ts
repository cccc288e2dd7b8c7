import type { DryRunAnswer, InstanceView } from "../../shared/contract/http/views.ts";
import type { Submission } from "../../shared/instance/submission.ts";

/** What a task takes and gives. */
export interface TaskType {
  readonly input?: unknown;
  readonly output?: unknown;
}

/**
 * The tasks that a program knows, by name:
 *
 *     interface Tasks {
 *       thumbnail: { input: { key: string; width: number }; output: { bytes: number } };
 *     }
 *     const client = openClient<Tasks>();
 */
export type TaskTypes<Tasks> = { readonly [Name in keyof Tasks]: TaskType };

/** Without a map of tasks every name is allowed and nothing is known of inputs and outputs. */
export type AnyTasks = Record<string, { input?: unknown; output: unknown }>;

export type TaskName<Tasks> = keyof Tasks & string;

type InputOf<Type> = Type extends { input: infer Input }
  ? { readonly input: Input }
  : Type extends { input?: infer Input }
    ? { readonly input?: Input }
    : { readonly input?: never };

/** The output's type in a map of tasks. */
export type OutputOf<Type> = Type extends { output: infer Output } ? Output : unknown;

/** One submission, with the input that the task takes. */
export type SubmitRequest<Tasks, Name extends TaskName<Tasks> = TaskName<Tasks>> = {
  readonly [Each in Name]: Omit<Submission, "task" | "input" | "dryRun"> & {
    readonly task: Each;
  } & InputOf<Tasks[Each]>;
}[Name];

/** An instance, with the output that its task gives. */
export type TaskInstance<Output = unknown> = Omit<InstanceView, "output"> & {
  /** Present when it succeeded and gave something. */
  readonly output?: Output;
};

/** What a submission would become. */
export type Plan = Omit<DryRunAnswer, "dryRun">;
