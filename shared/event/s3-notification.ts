import * as z from "zod";
import type { Rejection } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { Instant } from "../instance/submission.ts";
import type { BusEvent } from "./trigger.ts";

/** One record of what S3 sends to a queue. */
const S3Record = z.looseObject({
  eventName: z.string().min(1).max(128),
  eventTime: Instant.optional(),
  awsRegion: z.string().max(64).default(""),
  responseElements: z
    .looseObject({ "x-amz-request-id": z.string().max(256).optional() })
    .optional(),
  requestParameters: z.looseObject({ sourceIPAddress: z.string().max(64).optional() }).optional(),
  s3: z.looseObject({
    bucket: z.looseObject({ name: z.string().min(1).max(256) }),
    object: z.looseObject({
      key: z.string().min(1).max(4_096),
      size: z.number().optional(),
      eTag: z.string().max(256).optional(),
      versionId: z.string().max(1_024).optional(),
      sequencer: z.string().max(256).optional(),
    }),
  }),
});

/** What EventBridge calls what S3 calls so in its notifications. */
const detailTypes: readonly (readonly [string, string])[] = [
  ["ObjectCreated:", "Object Created"],
  ["ObjectRemoved:", "Object Deleted"],
  ["LifecycleExpiration:", "Object Deleted"],
  ["ObjectRestore:Post", "Object Restore Initiated"],
  ["ObjectRestore:Completed", "Object Restore Completed"],
  ["ObjectRestore:Delete", "Object Restore Expired"],
  ["LifecycleTransition", "Object Storage Class Changed"],
  ["IntelligentTiering", "Object Access Tier Changed"],
  ["ObjectAcl:Put", "Object ACL Updated"],
  ["ObjectTagging:Put", "Object Tags Added"],
  ["ObjectTagging:Delete", "Object Tags Deleted"],
];

/**
 * A notification of S3 as the event that EventBridge would have for it, so that one pattern serves
 * both ways. The same notification has the same id each time it comes.
 */
export function s3EventsOf(
  json: JsonObject,
  { nowMs, fingerprint }: { readonly nowMs: number; fingerprint(text: string): string },
  pointer: string,
): readonly (BusEvent | Rejection)[] {
  const read = S3Record.safeParse(json);
  if (!read.success) {
    const [issue] = read.error.issues;
    const at = `${pointer}/${(issue?.path ?? []).map(String).join("/")}`;
    return [{ code: "invalid_field", detail: `${at} is not as S3 sends it`, pointer: at }];
  }
  const { eventName, eventTime, awsRegion, s3, responseElements, requestParameters } = read.data;
  const { bucket, object } = s3;
  const requestId = responseElements?.["x-amz-request-id"];
  const address = requestParameters?.sourceIPAddress;
  const identity = [
    bucket.name,
    object.key,
    object.versionId,
    object.sequencer,
    eventName,
    requestId,
  ];
  return [
    {
      version: "0",
      id: `s3-${fingerprint(JSON.stringify(identity))}`,
      "detail-type": detailTypeOf(eventName),
      source: "aws.s3",
      account: "",
      time: eventTime ?? new Date(nowMs).toISOString(),
      region: awsRegion,
      resources: [`arn:aws:s3:::${bucket.name}`],
      detail: {
        version: "0",
        bucket: { name: bucket.name },
        object: {
          key: plainKey(object.key),
          ...(object.size === undefined ? {} : { size: object.size }),
          ...(object.eTag === undefined ? {} : { etag: object.eTag }),
          ...(object.versionId === undefined ? {} : { "version-id": object.versionId }),
          ...(object.sequencer === undefined ? {} : { sequencer: object.sequencer }),
        },
        ...(requestId === undefined ? {} : { "request-id": requestId }),
        ...(address === undefined ? {} : { "source-ip-address": address }),
        reason: eventName.split(":")[1] ?? eventName,
      },
    },
  ];
}

function detailTypeOf(eventName: string): string {
  const name = eventName.replace(/^s3:/, "");
  return detailTypes.find(([start]) => name.startsWith(start))?.[1] ?? name;
}

/** Keys are escaped as in forms. */
function plainKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    // No escape: somebody wrote the key as it is.
    return key;
  }
}
