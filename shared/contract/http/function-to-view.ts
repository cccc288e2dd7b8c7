import { limits } from "../../core/limits.ts";
import type { FunctionHead, FunctionVersion } from "../../function/function.ts";
import type { FunctionVersionView, FunctionView } from "./function-views.ts";
import { isoTime } from "./iso-time.ts";

/** The function with the version asked for last. */
export function functionToView(
  head: FunctionHead,
  newest: FunctionVersion,
  nowMs: number,
): FunctionView {
  return {
    ...functionVersionToView(newest, nowMs),
    ...(head.activeDigest === undefined ? {} : { activeDigest: head.activeDigest }),
    createdAt: isoTime(head.createdAtMs),
    updatedAt: isoTime(head.updatedAtMs),
    links: { self: `/v1/functions/${head.name}` },
  };
}

/** A version without the values of its environment, which may be secrets. */
export function functionVersionToView(
  version: FunctionVersion,
  nowMs: number,
): FunctionVersionView {
  const { spec } = version;
  const note = noteOn(version, nowMs);
  return {
    name: version.name,
    digest: version.digest,
    state: version.state,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    runtime: spec.runtime,
    handler: spec.handler,
    memoryMb: spec.memoryMb,
    timeoutSeconds: spec.timeoutSeconds,
    variables: Object.keys(spec.environment).sort(),
    package: {
      id: version.packageId,
      bytes: version.packageBytes,
      sha256: version.packageSha256,
    },
    ...(version.reference === undefined ? {} : { reference: version.reference }),
    ...(version.failure === undefined ? {} : { failure: version.failure }),
    ...(note === undefined ? {} : { note }),
    createdAt: isoTime(version.createdAtMs),
    createdBy: version.createdBy,
    requestedAt: isoTime(version.requestedAtMs),
  };
}

function noteOn({ state, requestedAtMs }: FunctionVersion, nowMs: number): string | undefined {
  if (state === "failed") return "deploy the same content again to ask for it once more";
  const waitedMs = nowMs - requestedAtMs;
  if (state !== "deploying" || waitedMs < limits.deployAgainMs) return undefined;
  const minutes = Math.floor(waitedMs / 60_000);
  return `asked for ${minutes} minutes ago without an outcome; it is asked for again by itself, or at once when the same content is deployed again`;
}
