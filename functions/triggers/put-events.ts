import type { EventAnswer, TakenView } from "../../shared/contract/http/event-views.ts";
import { problemOf } from "../../shared/contract/http/problem.ts";
import { errorCodes } from "../../shared/core/error-codes.ts";
import { type Rejection, TransientError } from "../../shared/core/errors.ts";
import type { JsonObject, JsonValue } from "../../shared/core/json.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import { cloudEventOfHeaders } from "../../shared/event/cloud-event.ts";
import {
  claimsAws,
  isEvent,
  type ReadEvent,
  readEventShapes,
} from "../../shared/event/event-shapes.ts";
import type { Engine } from "../runtime/engine.ts";
import { type TakenBy, takeEvent } from "./take-event.ts";

/** How a request came, beside its body. */
export interface EventRequest {
  readonly headers: ReadonlyMap<string, string>;
  /** Where everybody is the owner of this machine, notifications of AWS may be played through. */
  readonly takesAwsNotifications: boolean;
}

/** Takes the events of one request, each for itself: one that is refused does not hold up the rest. */
export async function putEvents(
  engine: Engine,
  { tenant }: TenantContext,
  body: JsonValue,
  request: EventRequest,
): Promise<readonly EventAnswer[]> {
  const { clock, ids } = engine;
  const isBinary = request.headers.has("ce-specversion");
  const json = isBinary ? cloudEventOfHeaders(request.headers, body) : body;
  const read = readEventShapes(json, {
    nowMs: clock.now(),
    newId: () => ids.newToken(),
    fingerprint: (text) => ids.fingerprint(text),
  });
  const most = limits.eventsPerRequestMax;
  if (read.length > most) {
    const detail = `the request has ${read.length} events, at most ${most} are possible`;
    return read.map(() => refusal({ code: "payload_too_large", detail, pointer: "" }));
  }
  const isNotification = !isBinary && isObject(body) && "Records" in body;
  const mayClaimAws = request.takesAwsNotifications && isNotification;
  return Promise.all(read.map((event) => putEvent(engine, tenant, event, mayClaimAws)));
}

async function putEvent(
  engine: Engine,
  tenant: string,
  event: ReadEvent,
  mayClaimAws: boolean,
): Promise<EventAnswer> {
  if (!isEvent(event)) return refusal(event);
  if (claimsAws(event) && !mayClaimAws) {
    return refusal({
      code: "forbidden",
      detail: `only AWS sends events of the source "${event.source}"`,
      suggestion: 'take a source of your own, such as "shop.orders"',
    });
  }
  try {
    const taken = await takeEvent(engine, tenant, event);
    return { status: 200, eventId: event.id, taken: taken.map(takenToView) };
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    engine.log.warn("event not taken; the client may put it again", { cause: error.message });
    return refusal({
      code: "unavailable",
      detail: "the event could not be taken at the moment; some of its instances may exist",
      suggestion: "put it again with the same id: nothing is made twice",
    });
  }
}

function refusal(rejection: Rejection): EventAnswer {
  return { status: errorCodes[rejection.code].status, error: problemOf(rejection) };
}

function takenToView({ trigger, ...taken }: TakenBy): TakenView {
  const of = trigger === undefined ? {} : { trigger };
  if (taken.outcome !== "refused") return { ...of, ...taken };
  return { ...of, outcome: "refused", error: problemOf(taken.rejection) };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
