import * as z from "zod";
import type { Rejection } from "../core/errors.ts";
import type { JsonObject, JsonValue } from "../core/json.ts";
import { Instant } from "../instance/submission.ts";
import type { BusEvent } from "./trigger.ts";

const attribute = z.string().min(1).max(256);

/** The attributes of CloudEvents 1.0; extensions may stand beside them. */
const CloudEvent = z.looseObject({
  specversion: z.literal("1.0"),
  id: attribute,
  source: attribute,
  type: attribute,
  subject: attribute.optional(),
  time: Instant.optional(),
  datacontenttype: z.string().max(256).optional(),
  dataschema: z.string().max(1_024).optional(),
  data: z.custom<JsonValue>().optional(),
  data_base64: z.string().optional(),
});

/**
 * A CloudEvent as an event of the bus: its type is the detail type, its data the detail, and its
 * subject the one resource. Data that is no object stands in the field `data`, and extensions in
 * `cloudEvent`, so that patterns find them.
 */
export function cloudEventOf(
  json: JsonObject,
  { nowMs }: { readonly nowMs: number },
  pointer: string,
): BusEvent | Rejection {
  const read = CloudEvent.safeParse(json);
  if (!read.success) {
    const [issue] = read.error.issues;
    const field = String(issue?.path[0] ?? "");
    return {
      code: "invalid_field",
      detail: `${pointer}/${field} is not as CloudEvents 1.0 wants it: ${issue?.message ?? "unknown"}`,
      pointer: `${pointer}/${field}`,
    };
  }
  const {
    specversion: _,
    id,
    source,
    type,
    subject,
    time,
    datacontenttype: __,
    ...rest
  } = read.data;
  const { data, data_base64: binary, dataschema, ...extensions } = rest;
  const further = dataschema === undefined ? extensions : { ...extensions, dataschema };
  return {
    version: "0",
    id,
    "detail-type": type,
    source,
    account: "",
    time: time ?? new Date(nowMs).toISOString(),
    region: "",
    resources: subject === undefined ? [] : [subject],
    detail: {
      ...detailOf(data, binary),
      ...(Object.keys(further).length === 0 ? {} : { cloudEvent: further as JsonObject }),
    },
  };
}

/** The CloudEvent whose attributes are in the headers and whose data is the body. */
export function cloudEventOfHeaders(
  headers: ReadonlyMap<string, string>,
  data: JsonValue,
): JsonObject {
  const attributes = [...headers]
    .filter(([name]) => name.startsWith("ce-"))
    .map(([name, value]) => [name.slice(3), decoded(value)] as const);
  return { ...Object.fromEntries(attributes), data };
}

function detailOf(data: JsonValue | undefined, binary: string | undefined): JsonObject {
  if (binary !== undefined) return { data_base64: binary };
  if (data === undefined) return {};
  if (typeof data === "object" && data !== null && !Array.isArray(data)) return data as JsonObject;
  return { data };
}

/** Header values escape what headers cannot carry by percent signs. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // Nothing was escaped then; a percent sign is meant.
    return value;
  }
}
