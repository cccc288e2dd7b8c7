import { busEvents } from "../../shared/contract/messages.ts";
import { errorCodes } from "../../shared/core/error-codes.ts";
import { type Rejection, TransientError } from "../../shared/core/errors.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import { identityOf, isOwnSource } from "../../shared/event/own-events.ts";
import type { BusEvent } from "../../shared/event/trigger.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import type { Submission } from "../../shared/instance/submission.ts";
import type { Engine } from "../runtime/engine.ts";
import { readSubmission } from "./read-submission.ts";
import { submitInstances } from "./submit-instances.ts";

export type SubmittedByEvent =
  | { readonly outcome: "submitted"; readonly instance: Instance; readonly repeated: boolean }
  | { readonly outcome: "refused"; readonly rejection: Rejection };

/**
 * Submits what the detail of a "Submit Task" event asks for, as the API would. Nobody waits for an
 * answer, so a refusal is announced as an event of its own. Without an idempotency key, the event
 * itself is the key; whatever may be accepted later is thrown.
 */
export async function submitByEvent(
  engine: Engine,
  tenant: string,
  event: BusEvent,
): Promise<SubmittedByEvent> {
  const result = await submit(engine, tenant, event);
  if (result.outcome === "submitted") return result;
  const { code, detail } = result.rejection;
  if (errorCodes[code].retryable) throw new TransientError(`${code}: ${detail}`);
  await announceRefusal(engine, tenant, event, result.rejection);
  return result;
}

async function submit(engine: Engine, tenant: string, event: BusEvent): Promise<SubmittedByEvent> {
  const submission = readEvent(event);
  if ("code" in submission) return { outcome: "refused", rejection: submission };
  const idempotencyKey =
    submission.idempotencyKey ?? `event-${engine.ids.fingerprint(identityOf(event))}`;
  const actor = `event/${event.source.slice(0, 100)}`;
  const context: TenantContext = { tenant, actor, role: "operator" };
  const [result] = await submitInstances(engine, context, [{ ...submission, idempotencyKey }]);
  if (result?.outcome === "accepted") {
    const { instance, repeated } = result;
    return { outcome: "submitted", instance, repeated };
  }
  if (result?.outcome === "rejected") {
    return { outcome: "refused", rejection: withDetail(result.rejection) };
  }
  throw new TransientError(`the submission of event ${event.id} has no answer`);
}

function readEvent({ source, detail }: BusEvent): Submission | Rejection {
  if (isOwnSource(source)) {
    return {
      code: "invalid_field",
      detail: `no event of the source "${source}" submits a task`,
      pointer: "/source",
    };
  }
  const submission = readSubmission(detail);
  if ("code" in submission) return withDetail(submission);
  if (submission.dryRun === true) {
    const why = "an event gets no answer, so there is nothing to try out";
    return { code: "invalid_field", detail: why, pointer: "/detail/dryRun" };
  }
  return submission;
}

function withDetail(rejection: Rejection): Rejection {
  return { ...rejection, pointer: `/detail${rejection.pointer ?? ""}` };
}

async function announceRefusal(
  { announcements, clock, ids, log, metrics }: Engine,
  tenant: string,
  event: BusEvent,
  { code, detail, pointer }: Rejection,
): Promise<void> {
  const id = ids.fingerprint(`refused\n${identityOf(event)}`);
  log.warn("event submits nothing", { eventId: event.id.slice(0, 100), code, detail, pointer });
  metrics?.put({ EventsRefused: 1 });
  await announcements?.announce({
    id,
    tenant,
    detailType: busEvents.submissionRefused,
    atMs: clock.now(),
    detail: {
      dedupKey: id,
      tenant,
      hops: 0,
      eventId: event.id,
      eventSource: event.source,
      code,
      reason: detail,
      ...(pointer === undefined ? {} : { pointer }),
    },
  });
}
