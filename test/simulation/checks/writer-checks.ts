import { type Attempt, type Instance, liveAttempt } from "../../../shared/instance/instance.ts";
import type { InstanceCommandName } from "../../../shared/instance/moves.ts";
import type { AttemptReport } from "../../../shared/ports/backend.ts";
import type { Hint } from "../../../shared/ports/hints.ts";
import type { ApiTask } from "../world/api-caller.ts";
import type { Writer } from "../world/faulty-store.ts";
import { fingerprintOf } from "../world/simulated-ids.ts";
import type { WorkTask } from "../world/worker-protocol.ts";
import type { World } from "../world/world.ts";

const kindsOf: Partial<Record<InstanceCommandName | "submit", readonly AttemptReport["kind"][]>> = {
  confirm: ["started", "heartbeat"],
  heartbeat: ["heartbeat"],
  succeed: ["succeeded"],
  fail: ["failed"],
  timeOut: ["failed"],
};

const apiActions: Partial<Record<InstanceCommandName | "submit", readonly ApiTask["action"][]>> = {
  submit: ["submit"],
  // What is submitted may join, or replace, what is open.
  amend: ["submit"],
  cancel: ["cancel", "submit", "stop"],
  retry: ["retry"],
  approve: ["approve"],
  rearm: ["resume"],
};

/** Whoever writes must have been asked to: completion by a report, the API by its tenant. */
export function checkWriter(
  world: World,
  writer: Writer | undefined,
  before: Instance | undefined,
  after: Instance,
): void {
  if (writer === undefined) return;
  const [functionName] = writer.name.split("-");
  if (functionName === "complete") checkReporter(world, writer, before, after);
  else if (functionName === "intake" || isAboutTime(writer)) checkOwn(world, writer, after);
  else if (functionName === "api") checkAsker(world, writer, after);
  else if (functionName === "dispatch") checkHinted(world, writer, before, after);
  else if (functionName === "work") checkWork(world, writer, before, after);
  else world.violate("I18 audit", `${writer.name} wrote the instance ${after.id}`);
}

function checkReporter(
  world: World,
  writer: Writer,
  before: Instance | undefined,
  after: Instance,
): void {
  const entry = after.history.at(-1);
  const live = before && liveAttempt(before);
  const kinds = (entry && kindsOf[entry.command]) ?? [];
  const reports = writer.task as readonly AttemptReport[];
  const said = reports.some(
    (report) =>
      report.tenant === after.tenant &&
      report.instanceId === after.id &&
      report.attemptId === live?.id &&
      provesToken(report, live.token) &&
      !isOfAnotherContainer(report, live) &&
      kinds.includes(report.kind),
  );
  if (said) return;
  const invariant = entry?.command === "heartbeat" ? "I16 lease renewal" : "I4 fenced completion";
  world.violate(
    invariant,
    `${after.id}: ${entry?.command} without a report of the live attempt ${live?.number}`,
  );
}

/** By the token itself, or by what a carrier was given of it. */
function provesToken({ token, tokenFingerprint }: AttemptReport, live: string): boolean {
  return token === undefined ? tokenFingerprint === fingerprintOf(live) : token === live;
}

/** Two containers may have come for one attempt; only the one that has it ends it. */
function isOfAnotherContainer(report: AttemptReport, live: Attempt): boolean {
  if (report.kind === "heartbeat" || report.tokenFingerprint === undefined) return false;
  return live.externalId !== undefined && report.externalId !== live.externalId;
}

/** What may follow from each call of a worker or container. */
const workCommands: Readonly<
  Record<WorkTask["call"], readonly (InstanceCommandName | "submit")[]>
> = {
  // A new process under a known name, or an attempt that the worker does not have.
  register: ["fail"],
  lease: ["confirm", "heartbeat", "fail", "expire"],
  begin: ["confirm", "heartbeat", "fail"],
  beat: ["heartbeat", "confirm"],
  complete: ["succeed", "fail", "timeOut"],
};

function checkWork(
  world: World,
  writer: Writer,
  before: Instance | undefined,
  after: Instance,
): void {
  const { call, tenant, attemptId, token } = writer.task as WorkTask;
  const command = after.history.at(-1)?.command;
  const live = before && liveAttempt(before);
  if (tenant !== after.tenant) {
    world.violate("I20 tenant isolation", `${tenant} wrote ${after.id} of ${after.tenant}`);
  }
  if (command === undefined || !workCommands[call].includes(command)) {
    world.violate("I18 audit", `${after.id}: ${call} led to ${command}`);
  }
  if (call === "lease" && command === "heartbeat") world.saw("attempt handed out again");
  const proven = attemptId === live?.id && (call === "begin" || token === live?.token);
  if ((call === "beat" || call === "complete" || call === "begin") && !proven) {
    const invariant = call === "beat" ? "I16 lease renewal" : "I4 fenced completion";
    world.violate(invariant, `${after.id}: ${call} by ${attemptId}, live is ${live?.id}`);
  }
}

function checkAsker(world: World, writer: Writer, after: Instance): void {
  const { tenant, action } = writer.task as ApiTask;
  const command = after.history.at(-1)?.command;
  const expected = (command && apiActions[command]) ?? [];
  if (!expected.includes(action)) {
    world.violate("I18 audit", `${after.id}: ${action} led to ${command}`);
  }
  if (tenant !== after.tenant) {
    world.violate("I20 tenant isolation", `${tenant} wrote ${after.id} of ${after.tenant}`);
  }
}

/** Schedules and events submit by themselves, and schedules cancel what has to make room. */
function checkOwn(world: World, writer: Writer, after: Instance): void {
  const entry = after.history.at(-1);
  const { tenant, origin } = after;
  const cancels = entry?.command === "cancel" && entry.actor?.startsWith("schedule/") === true;
  const submits = entry?.command === "submit" && origin !== undefined;
  if (!cancels && !submits) {
    world.violate("I18 audit", `${after.id}: ${writer.name} led to ${entry?.command}`);
  }
  const asked = isAboutTime(writer)
    ? (writer.task as ApiTask).tenant === tenant
    : (writer.task as readonly string[]).some((body) => body.includes(`"tenant":"${tenant}"`));
  if (!asked) world.violate("I20 tenant isolation", `${writer.name} wrote ${after.id} unasked`);
}

function isAboutTime({ task }: Writer): boolean {
  const action = (task as Partial<ApiTask> | undefined)?.action;
  return action === "schedule" || action === "event";
}

function checkHinted(
  world: World,
  writer: Writer,
  before: Instance | undefined,
  after: Instance,
): void {
  const hints = writer.task as readonly Hint[];
  // Who finds room for others of its line, as it was a moment ago, lets these go first.
  const stoodInLine = before?.history.some(({ command }) => command === "hold") === true;
  const asked = hints.some(
    ({ tenant, instanceId }) => tenant === after.tenant && (stoodInLine || instanceId === after.id),
  );
  if (!asked) world.violate("I20 tenant isolation", `${writer.name} wrote ${after.id} unasked`);
}
