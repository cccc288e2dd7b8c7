import { keys } from "../../shared/contract/keys.ts";
import { confinementOf } from "../../shared/group/confinement.ts";
import type { Group, TenantSettings } from "../../shared/group/group.ts";
import type { InstanceCommand } from "../../shared/instance/commands.ts";
import { inputBytesOf } from "../../shared/instance/input-bytes.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { pauseOfTask } from "../../shared/limit/gate-names.ts";
import { type Held, pauseHolding } from "../../shared/limit/pauses.ts";
import type { Change } from "../../shared/ports/store.ts";
import { type Receipt, waitsForCapacity } from "../../shared/routing/receipt.ts";
import { route } from "../../shared/routing/route.ts";
import { termsOf } from "../../shared/routing/terms.ts";
import type { TaskVersion } from "../../shared/task/task.ts";
import { passGates } from "../gates/pass-gates.ts";
import type { RunningEngine } from "../runtime/engine.ts";

/** What is to be done with an instance whose time has come. */
export interface Due {
  readonly command?: InstanceCommand;
  /** Written together with it. */
  readonly changes?: readonly Change[];
  /** Better placed in its line, with room for them: they go first. */
  readonly before?: readonly string[];
  /** Next in its lines, to be told once it has passed. */
  readonly next?: readonly string[];
  /** It waits where it is; a look before its wake may be worth while. */
  readonly lookAgainAtMs?: number;
}

/** Holds what is paused, routes the rest, and has it pass the gates. */
export async function claimDue(
  engine: RunningEngine,
  instance: Instance,
  definition: TaskVersion,
  nowMs: number,
): Promise<Due> {
  const head = await engine.definitions.head(instance.tenant, instance.task);
  const pause =
    head?.paused === undefined
      ? await pauseNow(engine, instance)
      : { waitingFor: pauseOfTask(instance.task), reason: "the task is paused" };
  if (pause !== undefined) {
    return holdUnlessHeld(instance, { name: "hold", waiting: "paused", ...pause }, nowMs);
  }
  return routeAndPass(engine, instance, definition, nowMs);
}

/**
 * What is remembered of groups and the tenant may be a moment old. A pause is believed only once it was
 * read afresh: whoever is held although everything goes on again would wait for long.
 */
async function pauseNow(
  { gates, store }: RunningEngine,
  instance: Instance,
): Promise<Pick<Held, "waitingFor" | "reason"> | undefined> {
  const { tenant, group = "" } = instance;
  if (pauseHolding(instance, await gates.facts(tenant)) === undefined) return undefined;
  const [settings, ofGroup] = await store.getMany([
    keys.tenantSettings(tenant),
    keys.group(tenant, group),
  ]);
  const held = pauseHolding(instance, {
    settings: settings?.body as unknown as TenantSettings | undefined,
    groups: new Map(ofGroup === undefined ? [] : [[group, ofGroup.body as unknown as Group]]),
  });
  if (held === undefined) gates.forget(tenant);
  return held === undefined ? undefined : { waitingFor: held.waitingFor, reason: held.reason };
}

async function routeAndPass(
  engine: RunningEngine,
  instance: Instance,
  definition: TaskVersion,
  nowMs: number,
): Promise<Due> {
  const { tenant, task } = instance;
  const { spec } = definition;
  const [facts, profile, { groups }] = await Promise.all([
    engine.routing.facts(tenant),
    engine.routing.profile(tenant, task),
    engine.gates.facts(tenant),
  ]);
  const inputBytes = inputBytesOf(instance);
  const confinement = confinementOf(instance.group, groups);
  const receipt = route({ ...facts, spec, instance, inputBytes, profile, confinement, nowMs });
  const backend = facts.backends.find(({ name }) => name === receipt.chosen);
  if (backend === undefined) return withoutBackend(instance, receipt, nowMs);
  const passed = await passGates(engine, instance, definition, {
    name: "claim",
    attemptId: engine.ids.newId("att", nowMs),
    token: engine.ids.newToken(),
    backend: backend.name,
    terms: termsOf(receipt, backend, spec, instance),
    receipt,
  });
  switch (passed.outcome) {
    case "through":
      return { command: passed.claim, changes: passed.changes, next: passed.next };
    case "reject":
      return { command: { name: "reject", error: passed.error } };
    case "hold": {
      const { before = [], outcome: _, ...hold } = passed;
      return { ...holdUnlessHeld(instance, { name: "hold", ...hold }, nowMs), before };
    }
  }
}

/** Backends that take nothing now may do so later, so it is no failure. */
function withoutBackend(instance: Instance, receipt: Receipt, nowMs: number): Due {
  const { reason } = receipt;
  if (waitsForCapacity(receipt)) {
    const hold = {
      name: "hold",
      waiting: "capacity",
      reason: `nothing takes it now: ${reason}`,
    } as const;
    return holdUnlessHeld(instance, hold, nowMs);
  }
  const message = `no backend can run this: ${reason}`;
  return { command: { name: "reject", error: { class: "missing_function", message } } };
}

/** A look that comes sooner than the wake by less is not worth a hint. */
const soonerMsMin = 1_000;

type Hold = Extract<InstanceCommand, { name: "hold" }>;

/** Looks in between change nothing, so that waiting costs few writes however often it is looked at. */
function holdUnlessHeld(instance: Instance, hold: Hold, nowMs: number): Due {
  const alreadyHeld =
    instance.waiting === hold.waiting &&
    instance.waitingFor === hold.waitingFor &&
    (instance.wakeAtMs ?? 0) > nowMs;
  if (!alreadyHeld) return { command: hold };
  const { recheckAtMs = Infinity } = hold;
  const isMuchSooner = recheckAtMs + soonerMsMin < (instance.wakeAtMs ?? 0);
  return isMuchSooner ? { lookAgainAtMs: recheckAtMs } : {};
}
