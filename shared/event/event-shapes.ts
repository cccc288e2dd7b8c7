import * as z from "zod";
import type { Rejection } from "../core/errors.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import { limits } from "../core/limits.ts";
import { utf8Bytes } from "../core/texts.ts";
import { Instant } from "../instance/submission.ts";
import { cloudEventOf } from "./cloud-event.ts";
import { isOwnSource } from "./own-events.ts";
import { s3EventsOf } from "./s3-notification.ts";
import { isTooDeep } from "./sound-event.ts";
import type { BusEvent } from "./trigger.ts";

/** Facts for what an event does not say itself. */
export interface EventDefaults {
  readonly nowMs: number;
  newId(): string;
  fingerprint(text: string): string;
}

/** An event as somebody else wrote it, or what is wrong with it. */
export type ReadEvent = BusEvent | Rejection;

/** Whether what was read is an event. */
export function isEvent(read: ReadEvent): read is BusEvent {
  return "detail-type" in read;
}

/** True where AWS itself said it: only queues and buses of AWS may carry such events. */
export function claimsAws({ source }: BusEvent): boolean {
  return source.toLowerCase().startsWith("aws.");
}

const text = (charsMax: number) => z.string().min(1).max(charsMax);
const source = text(256);
const detailType = text(128);
const resources = z.array(z.string().max(1_600)).max(500);

const Entry = z.strictObject({
  id: text(256).optional(),
  source,
  detailType,
  detail: z.unknown(),
  time: Instant.optional(),
  resources: resources.optional(),
});

/** As the SDKs of AWS write it. */
const PutEventsEntry = z
  .strictObject({
    Source: source,
    DetailType: detailType,
    Detail: z.string(),
    Time: z.union([Instant, z.number()]).optional(),
    Resources: resources.optional(),
    EventBusName: z.string().optional(),
    TraceHeader: z.string().optional(),
  })
  .transform(({ Source, DetailType, Detail, Time, Resources }) => ({
    source: Source,
    detailType: DetailType,
    detail: Detail,
    ...(Time === undefined
      ? {}
      : { time: typeof Time === "number" ? new Date(Time * 1_000).toISOString() : Time }),
    ...(Resources === undefined ? {} : { resources: Resources }),
  }));

const WholeEvent = z.strictObject({
  version: z.literal("0").default("0"),
  id: text(256).optional(),
  "detail-type": detailType,
  source,
  account: z.string().max(64).default(""),
  time: Instant.optional(),
  region: z.string().max(64).default(""),
  resources: resources.default([]),
  detail: z.unknown(),
  "replay-name": text(64).optional(),
});

/**
 * Reads a body in any of the known forms: entries of PutEvents, a whole event of EventBridge, a
 * CloudEvent or several, a notification of S3, or messages of SQS or SNS that hold one of these.
 */
export function readEventShapes(body: JsonValue, defaults: EventDefaults): readonly ReadEvent[] {
  return readShape(body, "", defaults, 0);
}

/** What may be wrapped in what ends somewhere. */
const wrapsMax = 3;

function readShape(
  body: JsonValue,
  pointer: string,
  defaults: EventDefaults,
  wraps: number,
): readonly ReadEvent[] {
  if (Array.isArray(body)) {
    const list: readonly JsonValue[] = body;
    return list.flatMap((each, at) => readShape(each, `${pointer}/${at}`, defaults, wraps + 1));
  }
  if (!isObject(body) || wraps > wrapsMax) return [unknownShape(pointer)];
  const entries = listOf(body, "entries") ?? listOf(body, "Entries");
  if (entries !== undefined) {
    const name = Object.hasOwn(body, "entries") ? "entries" : "Entries";
    return entries.map((entry, at) => readEntry(entry, `${pointer}/${name}/${at}`, defaults));
  }
  if ("specversion" in body) return [checked(cloudEventOf(body, defaults, pointer), pointer)];
  const records = listOf(body, "Records");
  if (records !== undefined) {
    return records.flatMap((record, at) =>
      readRecord(record, `${pointer}/Records/${at}`, defaults, wraps),
    );
  }
  // What S3 sends once, to see whether anybody listens.
  if (body.Event === "s3:TestEvent") return [];
  if (body.Type === "Notification" && typeof body.Message === "string") {
    return readText(body.Message, `${pointer}/Message`, defaults, wraps);
  }
  if ("detail-type" in body || "source" in body) return [readWhole(body, pointer, defaults)];
  return [unknownShape(pointer)];
}

function readRecord(
  record: JsonValue,
  pointer: string,
  defaults: EventDefaults,
  wraps: number,
): readonly ReadEvent[] {
  if (!isObject(record)) return [unknownShape(pointer)];
  if (record.eventSource === "aws:s3") return s3EventsOf(record, defaults, pointer);
  if (record.eventSource === "aws:sqs" && typeof record.body === "string") {
    return readText(record.body, `${pointer}/body`, defaults, wraps);
  }
  return [unknownShape(pointer)];
}

function readText(
  text: string,
  pointer: string,
  defaults: EventDefaults,
  wraps: number,
): readonly ReadEvent[] {
  const json = jsonOfText(text);
  return json === undefined
    ? [wrong(pointer, "is not JSON")]
    : readShape(json, pointer, defaults, wraps + 1);
}

function readEntry(entry: JsonValue, pointer: string, defaults: EventDefaults): ReadEvent {
  const isForAws = isObject(entry) && "Source" in entry;
  const read = isForAws ? PutEventsEntry.safeParse(entry) : Entry.safeParse(entry);
  if (!read.success) return rejectionOf(read.error, pointer);
  const { detailType, detail, ...rest } = read.data;
  return complete({ ...rest, "detail-type": detailType }, detail, pointer, defaults);
}

function readWhole(body: JsonObject, pointer: string, defaults: EventDefaults): ReadEvent {
  const read = WholeEvent.safeParse(body);
  if (!read.success) return rejectionOf(read.error, pointer);
  const { detail, ...rest } = read.data;
  return complete(rest, detail, pointer, defaults);
}

function complete(
  said: { readonly source: string; readonly "detail-type": string },
  detailSaid: unknown,
  pointer: string,
  defaults: EventDefaults,
): ReadEvent {
  const detail =
    typeof detailSaid === "string" ? jsonOfText(detailSaid) : (detailSaid as JsonValue);
  if (detail === undefined) {
    const why = detailSaid === undefined ? "is required" : "is a text that is not JSON";
    return wrong(`${pointer}/detail`, why);
  }
  if (!isObject(detail)) return wrong(`${pointer}/detail`, "must be an object");
  const given = Object.entries(said).filter(([, value]) => value !== undefined);
  return checked(
    {
      version: "0",
      id: defaults.newId(),
      account: "",
      time: new Date(defaults.nowMs).toISOString(),
      region: "",
      resources: [],
      ...(Object.fromEntries(given) as typeof said),
      detail,
    },
    pointer,
  );
}

/** What no event may be, whatever form it came in. */
function checked(event: ReadEvent, pointer: string): ReadEvent {
  if (!isEvent(event)) return event;
  if (isOwnSource(event.source)) {
    return wrong(`${pointer}/source`, `"${event.source}" is the source of our own events`);
  }
  if (isTooDeep(event.detail)) {
    return wrong(`${pointer}/detail`, `is nested deeper than ${limits.eventDepthMax} levels`);
  }
  const bytes = utf8Bytes(JSON.stringify(event));
  if (bytes <= limits.eventBytesMax) return event;
  return {
    code: "payload_too_large",
    detail: `the event has ${bytes} bytes, at most ${limits.eventBytesMax} are possible`,
    pointer,
    suggestion: "put large data into an object store, and its address into the event",
  };
}

function rejectionOf(error: z.ZodError, pointer: string): Rejection {
  const [issue] = error.issues;
  if (issue === undefined) return wrong(pointer, "is not an event");
  if (issue.code === "unrecognized_keys") {
    const [field = ""] = issue.keys;
    return {
      code: "unknown_field",
      detail: `there is no field ${JSON.stringify(field.slice(0, 80))} here`,
      pointer: `${pointer}/${field.slice(0, 80)}`,
    };
  }
  const at = `${pointer}${issue.path.map((step) => `/${String(step)}`).join("")}`;
  const isMissing = issue.code === "invalid_type" && issue.message.includes("undefined");
  return wrong(
    at,
    isMissing || issue.code === "custom" ? "is required" : `is not valid: ${issue.message}`,
  );
}

function unknownShape(pointer: string): Rejection {
  return {
    ...wrong(pointer, "is no event in a known form"),
    suggestion:
      'send {"entries": [{"source", "detailType", "detail"}]}, a whole event of EventBridge, or a CloudEvent',
  };
}

function wrong(pointer: string, why: string): Rejection {
  return {
    code: "invalid_field",
    detail: `${pointer === "" ? "the body" : pointer} ${why}`,
    pointer,
  };
}

function jsonOfText(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // The caller says that it is not JSON.
    return undefined;
  }
}

function listOf(body: JsonObject, name: string): readonly JsonValue[] | undefined {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  return Array.isArray(value) ? value : undefined;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
