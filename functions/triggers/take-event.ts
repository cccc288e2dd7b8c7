import { busEvents } from "../../shared/contract/messages.ts";
import { errorCodes } from "../../shared/core/error-codes.ts";
import { type Rejection, TransientError } from "../../shared/core/errors.ts";
import { matchEvent } from "../../shared/event/match.ts";
import { type EventHops, hopsOf, identityOf, jsonOf } from "../../shared/event/own-events.ts";
import { soundEvent } from "../../shared/event/sound-event.ts";
import type { BusEvent, Trigger } from "../../shared/event/trigger.ts";
import { submissionForEvent } from "../../shared/event/trigger-submission.ts";
import type { Engine } from "../runtime/engine.ts";
import { type ReadyTrigger, readTrigger, readTriggers } from "../runtime/trigger-source.ts";
import { submitByEvent } from "../submission/submit-by-event.ts";
import { type OwnSubmission, submitOwn } from "../submission/submit-instances.ts";

/** What became of an event at one trigger; without one, of the submission that the event itself is. */
export type TakenBy = { readonly trigger?: string } & (
  | { readonly outcome: "submitted"; readonly instanceId: string; readonly repeated: boolean }
  | { readonly outcome: "ignored"; readonly reason: string }
  | { readonly outcome: "refused"; readonly rejection: Rejection }
);

/**
 * Submits one instance for each trigger that matches the event, or for the one named, whose pattern as
 * stored now decides. As often as an event comes, it makes the same instances. Triggers that do not
 * match are left out of the answer, unless one was named. Faults of the world are thrown, and the
 * event may come again.
 */
export async function takeEvent(
  engine: Engine,
  tenant: string,
  received: BusEvent,
  triggerName?: string,
): Promise<readonly TakenBy[]> {
  const sound = soundEvent(received);
  if ("reason" in sound) {
    engine.log.warn("what came is no event", { trigger: triggerName, reason: sound.reason });
    return [{ outcome: "ignored", reason: sound.reason }];
  }
  const { event } = sound;
  if (triggerName !== undefined) {
    const found = await readTrigger(engine, tenant, triggerName);
    if (found !== undefined) return [await takeBy(engine, found, event, hopsOf(event, tenant))];
    return [{ trigger: triggerName, outcome: "ignored", reason: "there is no such trigger" }];
  }
  const direct = await submitted(engine, tenant, event);
  const triggers = await (engine.triggers?.all(tenant) ?? readTriggers(engine, tenant));
  const matching = triggers.filter(({ pattern }) => matchEvent(pattern, jsonOf(event)).matches);
  if (matching.length === 0) return direct;
  const hops = hopsOf(event, tenant);
  // All come to their end before one's failure is told: nothing may go on behind an answer.
  const settled = await Promise.allSettled(
    matching.map((ready) => takeBy(engine, ready, event, hops)),
  );
  const taken = settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
  return [...direct, ...taken];
}

async function submitted(
  engine: Engine,
  tenant: string,
  event: BusEvent,
): Promise<readonly TakenBy[]> {
  if (event["detail-type"] !== busEvents.submitTask) return [];
  const result = await submitByEvent(engine, tenant, event);
  if (result.outcome === "refused") return [result];
  const { instance, repeated } = result;
  return [{ outcome: "submitted", instanceId: instance.id, repeated }];
}

async function takeBy(
  engine: Engine,
  { trigger, pattern }: ReadyTrigger,
  event: BusEvent,
  hops: EventHops,
): Promise<TakenBy> {
  const { name } = trigger;
  const why = ignoredBecause(trigger, event) ?? ("reason" in hops ? hops.reason : undefined);
  if (why !== undefined) {
    engine.log.info("event ignored", { trigger: name, eventId: shown(event), reason: why });
    return { trigger: name, outcome: "ignored", reason: why };
  }
  const match = matchEvent(pattern, jsonOf(event));
  if (!match.matches) {
    // Without the reason, which quotes the event.
    engine.log.debug("event does not match", { trigger: name, eventId: shown(event) });
    return { trigger: name, outcome: "ignored", reason: match.reason };
  }
  const submission = submissionForEvent(trigger, event);
  if ("code" in submission) return refused(engine, name, event, submission);
  const own: OwnSubmission = {
    id: engine.ids.derivedInstanceId(trigger.tenant, `\nevent\n${name}\n${identityOf(event)}`),
    origin: {
      kind: "event",
      trigger: name,
      eventId: event.id,
      hops: "hops" in hops ? hops.hops : 0,
    },
    submission,
  };
  const context = { tenant: trigger.tenant, actor: `trigger/${name}`, role: "operator" } as const;
  const result = await submitOwn(engine, context, own);
  switch (result.outcome) {
    case "accepted": {
      const { instance, repeated } = result;
      engine.log.debug("event taken", { trigger: name, instanceId: instance.id, repeated });
      return { trigger: name, outcome: "submitted", instanceId: instance.id, repeated };
    }
    case "rejected":
      return refused(engine, name, event, result.rejection);
    case "overtaken":
    case "planned":
      throw new TransientError(`the event for ${name} was ${result.outcome}; it is tried again`);
  }
}

function ignoredBecause({ paused, spec }: Trigger, event: BusEvent): string | undefined {
  if (paused !== undefined) return "the trigger is paused";
  if (event["replay-name"] !== undefined && !spec.replays) {
    return "an archive sends it again, and the trigger does not take such events";
  }
  return undefined;
}

/** What may be accepted later is thrown, so that the event comes again; other refusals are final. */
function refused(
  { log, metrics }: Engine,
  trigger: string,
  event: BusEvent,
  rejection: Rejection,
): TakenBy {
  const { code, detail } = rejection;
  if (errorCodes[code].retryable) throw new TransientError(`${code}: ${detail}`);
  metrics?.put({ EventsRefused: 1 });
  log.warn("event refused", { trigger, eventId: shown(event), code, detail });
  return { trigger, outcome: "refused", rejection };
}

function shown({ id }: BusEvent): string {
  return id.slice(0, 100);
}
