import { keys } from "../../shared/contract/keys.ts";
import { type Rejection, RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import { compilePattern } from "../../shared/event/compile-pattern.ts";
import { isPatternErrors, type PatternError } from "../../shared/event/pattern.ts";
import type { Trigger, TriggerSpec } from "../../shared/event/trigger.ts";
import { templateRejection } from "../../shared/event/trigger-submission.ts";
import { wouldLoop } from "../../shared/event/would-loop.ts";
import type { Engine } from "../runtime/engine.ts";
import { FoundTasks } from "../submission/find-tasks.ts";
import { contendedTrigger, loadTrigger, saveTrigger } from "./trigger-records.ts";

/** Makes a trigger, or replaces what it says; a paused one stays paused. */
export async function defineTrigger(
  engine: Engine,
  { tenant, actor }: TenantContext,
  name: string,
  spec: TriggerSpec,
): Promise<{ readonly trigger: Trigger; readonly created: boolean }> {
  const { store, clock, log } = engine;
  await refuseWrong(engine, tenant, name, spec);
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const present = await loadTrigger(store, tenant, name);
    if (present === undefined) await refuseTooMany(store, tenant);
    const nowMs = clock.now();
    const changed: Trigger = {
      ...(present?.trigger ?? { createdAtMs: nowMs }),
      tenant,
      name,
      spec,
      updatedAtMs: nowMs,
      updatedBy: actor,
    };
    const trigger = await saveTrigger(engine, changed, present?.version ?? "absent");
    if (trigger === undefined) continue;
    log.info("trigger defined", { trigger: name, created: present === undefined });
    return { trigger, created: present === undefined };
  }
  throw new RejectionError(contendedTrigger(name));
}

async function refuseWrong(
  engine: Engine,
  tenant: string,
  name: string,
  spec: TriggerSpec,
): Promise<void> {
  const pattern = compilePattern(spec.pattern);
  if (isPatternErrors(pattern)) {
    throw new RejectionError(patternRejection(pattern.errors[0], "/pattern"));
  }
  const wrongTemplate = templateRejection(spec);
  if (wrongTemplate !== undefined) throw new RejectionError(wrongTemplate);
  const { task, version } = spec;
  const submission = { task, ...(version === undefined ? {} : { version }) };
  const found = (await FoundTasks.of(engine, tenant, [submission])).get(submission);
  if ("code" in found) throw new RejectionError(found);
  if (!wouldLoop(pattern, { tenant, name, task })) return;
  throw new RejectionError({
    code: "trigger_would_loop",
    detail: `the pattern matches events of the very instances of "${task}" that this trigger makes`,
    pointer: "/pattern",
    suggestion: `exclude them, such as by "detail": {"task": [{"anything-but": "${task}"}]} or "detail": {"trigger": [{"exists": false}]}`,
  });
}

/** What is wrong with a pattern, as an answer; `within` is where the request has it. */
export function patternRejection(
  { pointer, message, suggestion }: PatternError,
  within: string,
): Rejection {
  const subject = pointer === "" ? "" : `${within}${pointer} `;
  return {
    code: "invalid_pattern",
    detail: `${subject}${message}`.slice(0, 400),
    pointer: `${within}${pointer}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

async function refuseTooMany(store: Engine["store"], tenant: string): Promise<void> {
  const present = await store.query({
    index: "primary",
    partition: keys.trigger(tenant, "").pk,
    order: "ascending",
    limit: limits.triggersMax,
  });
  if (present.length < limits.triggersMax) return;
  throw new RejectionError({
    code: "limit_reached",
    detail: `there are ${limits.triggersMax} triggers already, and no more are possible`,
    suggestion: "delete one that is no longer used, or give one a pattern with $or",
  });
}
