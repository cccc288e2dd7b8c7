import { type Instance, liveAttempt } from "../../../shared/instance/instance.ts";
import type { InstanceCommandName } from "../../../shared/instance/moves.ts";
import type { AttemptReport } from "../../../shared/ports/backend.ts";
import type { Hint } from "../../../shared/ports/hints.ts";
import type { ApiTask } from "../world/clients.ts";
import type { Writer } from "../world/faulty-store.ts";
import type { World } from "../world/world.ts";

const kindsOf: Partial<Record<InstanceCommandName | "submit", readonly AttemptReport["kind"][]>> = {
  confirm: ["started", "heartbeat"],
  heartbeat: ["heartbeat"],
  succeed: ["succeeded"],
  fail: ["failed"],
  timeOut: ["failed"],
};

const apiActions: Partial<Record<InstanceCommandName | "submit", ApiTask["action"]>> = {
  submit: "submit",
  cancel: "cancel",
  retry: "retry",
  rearm: "resume",
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
  else if (functionName === "api") checkAsker(world, writer, after);
  else if (functionName === "dispatch") checkHinted(world, writer, after);
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
      report.token === live.token &&
      kinds.includes(report.kind),
  );
  if (said) return;
  const invariant = entry?.command === "heartbeat" ? "I16 lease renewal" : "I4 fenced completion";
  world.violate(
    invariant,
    `${after.id}: ${entry?.command} without a report of the live attempt ${live?.number}`,
  );
}

function checkAsker(world: World, writer: Writer, after: Instance): void {
  const { tenant, action } = writer.task as ApiTask;
  const command = after.history.at(-1)?.command;
  const expected = command && apiActions[command];
  if (expected !== action) {
    world.violate("I18 audit", `${after.id}: ${action} led to ${command}`);
  }
  if (tenant !== after.tenant) {
    world.violate("I20 tenant isolation", `${tenant} wrote ${after.id} of ${after.tenant}`);
  }
}

function checkHinted(world: World, writer: Writer, after: Instance): void {
  const hints = writer.task as readonly Hint[];
  const asked = hints.some(
    ({ tenant, instanceId }) => tenant === after.tenant && instanceId === after.id,
  );
  if (!asked) world.violate("I20 tenant isolation", `${writer.name} wrote ${after.id} unasked`);
}
