import type * as z from "zod";
import type {
  DoctorView,
  HealthView,
  TaskStatsView,
} from "../../shared/contract/http/operation-views.ts";
import type { PlacementView } from "../../shared/contract/http/placement-views.ts";
import type { RoutingView } from "../../shared/contract/http/receipt-views.ts";
import type {
  HistoryView,
  InstanceView,
  LogsView,
  PurgeAnswer,
  TaskVersionView,
  TaskView,
} from "../../shared/contract/http/views.ts";
import type { WhyView } from "../../shared/contract/http/why-views.ts";
import type { InstanceState } from "../../shared/instance/moves.ts";
import type { TaskSpec } from "../../shared/task/task.ts";
import type { CalendarCalls } from "./calendar-calls.ts";
import type { FunctionCalls } from "./function-calls.ts";
import type { GroupCalls } from "./group-calls.ts";
import type { LimitsClient, SwitchesClient } from "./limit-calls.ts";
import type { Listing } from "./listing.ts";
import type { PoolsClient } from "./pool-calls.ts";
import type { PortraitClient } from "./portrait-calls.ts";
import type { RulesClient } from "./rules-calls.ts";
import type { SchedulesClient } from "./schedule-calls.ts";
import type { SwitchyardError } from "./switchyard-error.ts";
import type {
  AnyTasks,
  OutputOf,
  Plan,
  SubmitRequest,
  TaskInstance,
  TaskName,
} from "./task-types.ts";
import type { TriggerCalls } from "./trigger-calls.ts";
import type { WaitOptions } from "./wait-entry.ts";
import type { FindingsClient, WebhooksClient } from "./webhook-calls.ts";

/** How one call is made. */
export interface CallOptions {
  /** Stops waiting for the answer. What was sent already may still be carried out. */
  readonly signal?: AbortSignal | undefined;
  /**
   * What becomes of an output too large to be in an answer: "fetch" (the default) puts it into
   * `output`, wherever it is kept; "leave" leaves it there, with `outputRef` saying what it is.
   */
  readonly largeOutputs?: "fetch" | "leave" | undefined;
}

/** Which instances; all that are given must match. */
export interface InstanceFilter {
  readonly task?: string | undefined;
  readonly state?: InstanceState | readonly InstanceState[] | undefined;
  readonly group?: string | undefined;
  /** Id of the instance from which they began; it is among them. */
  readonly colour?: string | undefined;
  /** As `key=value`, or `key` for any value. */
  readonly tag?: string | readonly string[] | undefined;
  /** Submitted at this time or later. */
  readonly since?: Date | string | undefined;
  /** Submitted before this time. */
  readonly until?: Date | string | undefined;
  /** Text in its id, task, group, tags, key, backend or error. */
  readonly q?: string | undefined;
  /** Items per page. */
  readonly limit?: number | undefined;
}

export interface PurgeRequest {
  /** Only instances that finished before this time. */
  readonly before: Date | string;
  readonly states?: readonly InstanceState[] | undefined;
  readonly task?: string | undefined;
}

/** A task's definition as one writes it; what is left out has defaults. */
export type TaskDefinitionBody = z.input<typeof TaskSpec>;

/** What became of one of many submissions. */
export type SubmitOutcome<Output = unknown> =
  | {
      readonly ok: true;
      readonly instance: TaskInstance<Output>;
      /** True when the server had it already: it was submitted before with the same idempotency key. */
      readonly repeated: boolean;
    }
  | { readonly ok: false; readonly error: SwitchyardError };

/**
 * A client of one Switchyard server. All methods throw `SwitchyardError`, or the signal's reason
 * when they are aborted.
 */
export interface SwitchyardClient<Tasks = AnyTasks>
  extends FunctionCalls,
    CalendarCalls,
    GroupCalls,
    TriggerCalls {
  /**
   * Submits an instance; resolves once it is stored durably. Concurrent submissions travel together.
   * Unless it has an idempotency key, or retries are off, the client gives it one, so that trying
   * again after a broken connection never makes a second instance.
   */
  submit<Name extends TaskName<Tasks>>(
    submission: SubmitRequest<Tasks, Name>,
    options?: CallOptions,
  ): Promise<TaskInstance<OutputOf<Tasks[Name]>>>;
  /** Submits many, each with its own outcome, in their order. Never throws for one of them. */
  submitMany<Name extends TaskName<Tasks>>(
    submissions: readonly SubmitRequest<Tasks, Name>[],
    options?: CallOptions,
  ): Promise<SubmitOutcome<OutputOf<Tasks[Name]>>[]>;
  /** Submits and waits for the end, whichever it is: look at `state`. */
  submitAndWait<Name extends TaskName<Tasks>>(
    submission: SubmitRequest<Tasks, Name>,
    options?: WaitOptions,
  ): Promise<TaskInstance<OutputOf<Tasks[Name]>>>;
  /** What a submission would become and where it would go, without submitting it. */
  plan<Name extends TaskName<Tasks>>(
    submission: SubmitRequest<Tasks, Name>,
    options?: CallOptions,
  ): Promise<Plan>;
  /** The instance as it is now. */
  status<Output = unknown>(
    instance: string | TaskInstance<Output>,
    options?: CallOptions,
  ): Promise<TaskInstance<Output>>;
  /** Resolves when the instance is finished, whichever way. Waits of one client share requests. */
  wait<Output = unknown>(
    instance: string | TaskInstance<Output>,
    options?: WaitOptions,
  ): Promise<TaskInstance<Output>>;
  /** The input of an instance, whatever its size. */
  input(id: string, options?: CallOptions): Promise<unknown>;
  /** The output of an instance, whatever its size. */
  output(id: string, options?: CallOptions): Promise<unknown>;
  /** Ends an instance at once and for good. */
  cancel(id: string, options?: CallOptions & { readonly reason?: string }): Promise<InstanceView>;
  /**
   * Starts a new round of an instance that did not succeed. Not tried again by itself when the
   * connection breaks, since doing it twice can run the task twice: look at the instance first.
   */
  retry(id: string, options?: CallOptions & { readonly reason?: string }): Promise<InstanceView>;
  /** Instances, newest first, without their payloads. */
  list(filter?: InstanceFilter, options?: CallOptions): Listing<InstanceView>;
  /** Every change of an instance. */
  history(id: string, options?: CallOptions): Promise<HistoryView>;
  /** Why its attempts went where they went. */
  routing(id: string, options?: CallOptions): Promise<RoutingView>;
  /** What it is doing or waiting for, in sentences. */
  why(id: string, options?: CallOptions): Promise<WhyView>;
  /** What its attempts printed. */
  logs(id: string, options?: CallOptions): Promise<LogsView>;
  /** Defines a task: a new version when the definition differs from the newest one. */
  define(name: string, definition: TaskDefinitionBody, options?: CallOptions): Promise<TaskView>;
  tasks(options?: CallOptions): Listing<TaskView>;
  task(name: string, options?: CallOptions): Promise<TaskView>;
  /** A task's versions, newest first. */
  versions(name: string, options?: CallOptions): Listing<TaskVersionView>;
  /** Counts and times of the last hours. */
  stats(name: string, options?: CallOptions & { readonly hours?: number }): Promise<TaskStatsView>;
  /** What was learned about a task, and where it therefore goes. */
  placement(name: string, options?: CallOptions): Promise<PlacementView>;
  /** Starts no more instances of a task; they are still accepted. */
  pause(name: string, options?: CallOptions & { readonly reason?: string }): Promise<TaskView>;
  resume(name: string, options?: CallOptions & { readonly reason?: string }): Promise<TaskView>;
  /** Deletes finished instances with their logs; yields what each request deleted. */
  purge(request: PurgeRequest, options?: CallOptions): AsyncIterable<PurgeAnswer>;
  /** Examines all stored instances; yields what each request found. */
  doctor(options?: CallOptions): AsyncIterable<DoctorView>;
  /** Whether the server's parts work; also when they do not. */
  health(options?: CallOptions): Promise<HealthView>;
  /** The rules that decide where tasks run. */
  readonly rules: RulesClient;
  /** Pools of workers that fetch their work. */
  readonly pools: PoolsClient;
  /** Bounds that tasks share. */
  readonly limits: LimitsClient;
  /** What holds back a group, or everything. */
  readonly switches: SwitchesClient;
  /** What is submitted by time. */
  readonly schedules: SchedulesClient;
  /** What all active schedules will do together. */
  readonly portrait: PortraitClient;
  /** Who is told of state changes, by signed messages. */
  readonly webhooks: WebhooksClient;
  /** What should have happened and has not. */
  readonly findings: FindingsClient;
  /** Ends what was not sent yet, all waits and all further tries; lets go of idle connections. */
  close(): void;
}
