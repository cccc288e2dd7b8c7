import { randomUUID } from "node:crypto";
import {
  CreateScheduleCommand,
  type CreateScheduleInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  type GetScheduleOutput,
  ListSchedulesCommand,
  type SchedulerClient,
  type ScheduleSummary,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { TransientError } from "../../../shared/core/errors.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import type {
  Mirror,
  MirroredItem,
  MirrorOutcome,
  MirrorPage,
} from "../../../shared/ports/mirror.ts";
import { mirrorNameOf, recordOfMirrorName } from "../../../shared/schedule/mirror-name.ts";
import {
  desiredSchedule,
  type FiringPlace,
  type MirroredSchedule,
  recordOfFiring,
  scheduleDifferences,
} from "../../../shared/schedule/mirrored-schedule.ts";
import type { Schedule } from "../../../shared/schedule/schedule.ts";
import { askAws, type Meanings, type Said } from "./ask-aws.ts";
import type { Pace } from "./dynamo/table-access.ts";

export interface SchedulerMirrorOptions {
  /** Opened with `awsClientDefaults`. */
  readonly client: SchedulerClient;
  /** Holds our schedules; what else is in it is left alone. */
  readonly group: string;
  readonly place: FiringPlace;
  readonly clock: Clock;
  readonly pace?: Pace;
}

const triesMax = 8;
const stepsMax = 8;
const pageSize = 100;

const meanings: Meanings = {
  ResourceNotFoundException: "missing",
  ConflictException: "conflict",
  ValidationException: "no",
  ServiceQuotaExceededException: "no",
};

/**
 * One schedule of EventBridge Scheduler for each of ours, under a name that follows from the record.
 * Whatever happened before, lost answers included, the next look starts from what is there.
 */
export function openSchedulerMirror(options: SchedulerMirrorOptions): Mirror<Schedule> {
  return {
    reconcile: (tenant, name, source) => reconcile(options, tenant, name, source),
    page: (cursor) => page(options, cursor),
  };
}

async function reconcile(
  options: SchedulerMirrorOptions,
  tenant: string,
  name: string,
  source: Schedule | undefined,
): Promise<MirrorOutcome> {
  const Name = mirrorNameOf(tenant, name);
  let reason = "";
  for (let steps = 0; steps < stepsMax; steps++) {
    const nowMs = options.clock.now();
    const wanted = source === undefined ? undefined : desiredSchedule(source, options.place, nowMs);
    const found = await get(options, Name);
    if (found.said === "no") return { outcome: "refused", reason: found.reason };
    const present = found.said === "yes" ? found.value : undefined;
    if (present !== undefined && !isOurs(options, present, tenant, name)) {
      // Its owner may do with it what they want, as long as we want nothing in its place.
      if (wanted === undefined) return { outcome: "same" };
      const who = `${options.group}/${Name}`;
      return { outcome: "refused", reason: `the schedule ${who} was not made by Switchyard` };
    }
    const step = await stepTowards(options, Name, wanted, present, nowMs);
    if ("outcome" in step) return step;
    reason = step.reason;
  }
  throw new TransientError(`EventBridge Scheduler kept ${Name} busy: ${reason}; it is tried again`);
}

type Step = MirrorOutcome | { readonly reason: string };

async function stepTowards(
  options: SchedulerMirrorOptions,
  Name: string,
  wanted: MirroredSchedule | undefined,
  present: GetScheduleOutput | undefined,
  nowMs: number,
): Promise<Step> {
  if (wanted === undefined) {
    if (present === undefined) return { outcome: "same" };
    const deleted = await remove(options, Name);
    return deleted.said === "missing" ? { outcome: "same" } : stepOf(deleted, "deleted", []);
  }
  if (present === undefined) return stepOf(await create(options, Name, wanted), "created", []);
  const differences = scheduleDifferences(wanted, seen(present), nowMs);
  if (differences.length === 0) return { outcome: "same" };
  return stepOf(await update(options, Name, wanted), "updated", differences);
}

/** What was in the way, or gone, is looked at again. */
function stepOf(
  said: Said<unknown>,
  what: "created" | "updated" | "deleted",
  differences: readonly string[],
): Step {
  if (said.said === "yes") return { outcome: "changed", what, differences };
  if (said.said === "no") return { outcome: "refused", reason: said.reason };
  return { reason: said.said === "conflict" ? said.reason : "it was gone" };
}

/** By where it fires and what it says then: tags are only for groups. */
function isOurs(
  { place }: SchedulerMirrorOptions,
  { Target, Description }: GetScheduleOutput,
  tenant: string,
  name: string,
): boolean {
  if (Description === `Switchyard: schedule ${name} of tenant ${tenant}`) return true;
  const record = recordOfFiring(Target?.Input);
  return Target?.Arn === place.queueArn && record?.tenant === tenant && record.name === name;
}

function ask<Value>(
  { pace, group }: SchedulerMirrorOptions,
  action: string,
  name: string,
  send: () => Promise<Value>,
): Promise<Said<Value>> {
  const call = {
    action: `scheduler:${action}`,
    target: `${group}/${name}`,
    // Each names its own try, or is a conflict the second time.
    repeatUnclear: true,
    triesMax,
    ...(pace === undefined ? {} : { pace }),
  };
  return askAws(call, meanings, send);
}

function get(options: SchedulerMirrorOptions, Name: string) {
  const command = new GetScheduleCommand({ GroupName: options.group, Name });
  return ask(options, "GetSchedule", Name, () => options.client.send(command));
}

function create(options: SchedulerMirrorOptions, Name: string, wanted: MirroredSchedule) {
  const command = new CreateScheduleCommand(inputOf(options, Name, wanted));
  return ask(options, "CreateSchedule", Name, () => options.client.send(command));
}

function update(options: SchedulerMirrorOptions, Name: string, wanted: MirroredSchedule) {
  const command = new UpdateScheduleCommand(inputOf(options, Name, wanted));
  return ask(options, "UpdateSchedule", Name, () => options.client.send(command));
}

function remove(options: SchedulerMirrorOptions, Name: string) {
  const command = new DeleteScheduleCommand({
    GroupName: options.group,
    Name,
    ClientToken: randomUUID(),
  });
  return ask(options, "DeleteSchedule", Name, () => options.client.send(command));
}

function inputOf(
  { group }: SchedulerMirrorOptions,
  Name: string,
  wanted: MirroredSchedule,
): CreateScheduleInput {
  return {
    Name,
    GroupName: group,
    // One for all tries of this call, and another for the next: what was deleted can come back.
    ClientToken: randomUUID(),
    Description: wanted.description,
    ScheduleExpression: wanted.expression,
    ScheduleExpressionTimezone: wanted.timezone,
    ...(wanted.startMs === undefined ? {} : { StartDate: new Date(wanted.startMs) }),
    ...(wanted.endMs === undefined ? {} : { EndDate: new Date(wanted.endMs) }),
    State: wanted.state,
    FlexibleTimeWindow: { Mode: "OFF" },
    ActionAfterCompletion: "NONE",
    Target: {
      Arn: wanted.queueArn,
      RoleArn: wanted.roleArn,
      Input: wanted.input,
      DeadLetterConfig: { Arn: wanted.deadLettersArn },
      RetryPolicy: {
        MaximumRetryAttempts: wanted.retriesMax,
        MaximumEventAgeInSeconds: wanted.ageSecondsMax,
      },
    },
  };
}

/** What is there, in our words. */
function seen(present: GetScheduleOutput): Partial<MirroredSchedule> {
  const { Target, StartDate, EndDate, State } = present;
  const parts = {
    description: present.Description,
    expression: present.ScheduleExpression,
    timezone: present.ScheduleExpressionTimezone,
    startMs: StartDate?.getTime(),
    endMs: EndDate?.getTime(),
    state: State === "ENABLED" || State === "DISABLED" ? State : undefined,
    input: Target?.Input,
    queueArn: Target?.Arn,
    roleArn: Target?.RoleArn,
    deadLettersArn: Target?.DeadLetterConfig?.Arn,
    retriesMax: Target?.RetryPolicy?.MaximumRetryAttempts,
    ageSecondsMax: Target?.RetryPolicy?.MaximumEventAgeInSeconds,
    flexibleWindow: present.FlexibleTimeWindow?.Mode,
    afterCompletion: present.ActionAfterCompletion,
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

async function page(
  options: SchedulerMirrorOptions,
  cursor: string | undefined,
): Promise<MirrorPage> {
  const command = new ListSchedulesCommand({
    GroupName: options.group,
    MaxResults: pageSize,
    NextToken: cursor,
  });
  const listed = await ask(options, "ListSchedules", "*", () => options.client.send(command));
  if (listed.said !== "yes") {
    const why = listed.said === "missing" ? "the group is missing" : listed.reason;
    throw new TransientError(`EventBridge Scheduler does not list ${options.group}: ${why}`);
  }
  const { Schedules = [], NextToken } = listed.value;
  const items: MirroredItem[] = [];
  const foreign: string[] = [];
  for (const summary of Schedules) {
    const record = await recordOf(options, summary);
    if (record === undefined) foreign.push(summary.Name ?? "");
    else items.push({ ...record, ...changedAt(summary) });
  }
  return { items, foreign, ...(NextToken === undefined ? {} : { next: NextToken }) };
}

/** Shortened names do not say whose they are; what the schedule sends does. */
async function recordOf(options: SchedulerMirrorOptions, { Name = "" }: ScheduleSummary) {
  const record = recordOfMirrorName(Name);
  if (record !== undefined) return record;
  if (!Name.includes("..")) return undefined;
  const found = await get(options, Name);
  return found.said === "yes" ? recordOfFiring(found.value.Target?.Input) : undefined;
}

function changedAt({ LastModificationDate }: ScheduleSummary) {
  return LastModificationDate === undefined ? {} : { changedAtMs: LastModificationDate.getTime() };
}
