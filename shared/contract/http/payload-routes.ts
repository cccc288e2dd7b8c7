import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { NewPayload, PayloadPlaceView, PayloadSlotView } from "./payload-views.ts";
import { InstanceParams, NoQuery } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";

const AnyJson = z.json().meta({ description: "Any JSON value." });
const elsewhere = {
  description: "It is large: follow `location`, without a credential.",
  schema: PayloadPlaceView,
};

/** Inputs and outputs too large to be sent along, and packages. */
export const payloadRoutes = {
  createPayload: {
    method: "post",
    path: "/v1/payloads",
    tag: "Payloads",
    summary: "Ask for a place for a large input, or for a package",
    description:
      `For inputs above ${limits.inputBytesMax / 1_024} KiB, up to ${limits.payloadBytesMax / 1_048_576} MiB: PUT the JSON text to the url of the answer, then submit ` +
      "with inputRef instead of input. A payload belongs to the one instance that is submitted with " +
      "it, and goes with it. A second PUT is answered 412 and changes nothing. With the purpose " +
      `"package" it is a place for the zip file of a function, up to ${limits.packageBytesMax / 1_048_576} MiB: deploy it within ` +
      `${limits.packageUploadKeepMs / 86_400_000} days. The one is never taken for the other.`,
    role: "operator",
    query: NoQuery,
    body: {
      schema: NewPayload,
      example: {
        bytes: 20_971_520,
        sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      },
    },
    answers: { 201: { description: "The place.", schema: PayloadSlotView } },
    problems: [],
  },
  getInstanceInput: {
    method: "get",
    path: "/v1/instances/{id}/input",
    tag: "Payloads",
    summary: "Show the input of an instance, whatever its size",
    role: "viewer",
    params: InstanceParams,
    query: NoQuery,
    answers: { 200: { description: "The input.", schema: AnyJson }, 307: elsewhere },
    problems: ["instance_not_found", "payload_not_found"],
  },
  getInstanceOutput: {
    method: "get",
    path: "/v1/instances/{id}/output",
    tag: "Payloads",
    summary: "Show the output of an instance, whatever its size",
    role: "viewer",
    params: InstanceParams,
    query: NoQuery,
    answers: { 200: { description: "The output.", schema: AnyJson }, 307: elsewhere },
    problems: ["instance_not_found", "payload_not_found"],
  },
} as const satisfies Record<string, RouteSpec>;
