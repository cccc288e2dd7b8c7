import { keys } from "../../../shared/contract/keys.ts";
import type { InstanceCommand } from "../../../shared/instance/commands.ts";
import { decide } from "../../../shared/instance/decide.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { openClaimed, openInstance } from "../../../shared/instance/open-instance.ts";
import type { Submission } from "../../../shared/instance/submission.ts";
import type { NewRecord } from "../../../shared/ports/store.ts";
import type { BackendCapabilities } from "../../../shared/routing/backend-capabilities.ts";
import { route } from "../../../shared/routing/route.ts";
import { compileRuleSet } from "../../../shared/routing/rules/compile.ts";
import { shippedRules } from "../../../shared/routing/rules/shipped.ts";
import { termsOf } from "../../../shared/routing/terms.ts";
import { TaskSpec } from "../../../shared/task/task.ts";
import { backendFacts } from "../../fixtures/backend-facts.ts";

const lambda: BackendCapabilities = backendFacts({
  name: "lambda",
  kind: "lambda",
  type: "serverless",
  targets: ["package", "lambda"],
  startMsTypical: 400,
  pricing: { model: "lambda", architecture: "arm64" },
  timeoutSecondsMax: 900,
  memoryMbMax: 10_240,
  inputBytesMax: 256 * 1_024,
  startIsIdempotent: false,
  reportsStart: false,
});

const rules = { active: compileRuleSet(shippedRules, 0) };

const spec = TaskSpec.parse({
  run: {
    lambda: { functionArn: "arn:aws:lambda:eu-central-1:123456789012:function:resize-image:live" },
  },
  timeoutSeconds: 30,
});

const definition = {
  tenant: "default",
  name: "resize-image",
  taskVersion: 3,
  spec,
  fingerprint: "0".repeat(64),
  createdAtMs: 1_795_000_000_000,
  createdBy: "deploy",
};

export interface PlainLife {
  readonly dispatched: NewRecord<Instance>;
  readonly running: NewRecord<Instance>;
  readonly succeeded: NewRecord<Instance>;
}

/**
 * The three records that a plain instance leaves one after the other, made by the core itself:
 * submitted and claimed at once, confirmed, succeeded.
 */
export function plainLife(
  id = "ins_01KADZ4M6Q8T3VWXYZ5N7PRSBC",
  fields: { readonly input?: Submission["input"]; readonly group?: string } = {},
): PlainLife {
  const nowMs = 1_795_209_717_412;
  const opening = openInstance({
    id,
    nowMs,
    tenant: "default",
    actor: "arn:aws:iam::123456789012:role/uploads",
    definition,
    submission: {
      task: definition.name,
      input: fields.input ?? { bucket: "uploads", key: "2026/11/20/cat.jpg", width: 640 },
      ...(fields.group === undefined ? {} : { group: fields.group }),
    },
  });
  if (opening.outcome !== "opened") throw new Error(opening.rejection.detail);
  const proof = {
    attemptId: "att_01KADZ4M7C2E9HJKMN4PQRSTVW",
    token: "u3Xh0cZ1kQ9vTyB7mLr2WpEo5sNaDfGi",
  };
  const receipt = route({
    spec,
    instance: opening.instance,
    inputBytes: 64,
    backends: [lambda],
    rules,
    nowMs,
  });
  const terms = termsOf(receipt, lambda, spec, opening.instance);
  const claim = { name: "claim", ...proof, backend: "lambda", terms, receipt } as const;
  const dispatched = openClaimed(opening.instance, claim, definition);
  const running = after(dispatched, nowMs + 118, {
    name: "confirm",
    ...proof,
    startedAtMs: nowMs + 118,
    externalId: "5c1d5a52-8f0e-4b0d-9a35-2f1f6f7a1c11",
  });
  const succeeded = after(running, nowMs + 463, {
    name: "succeed",
    ...proof,
    output: { url: "s3://thumbs/2026/11/20/cat-640.jpg", bytes: 48_213 },
    usage: { durationMs: 231, memoryMbPeak: 93 },
  });
  return {
    dispatched: recordOf(dispatched),
    running: recordOf(running),
    succeeded: recordOf(succeeded),
  };
}

function after(instance: Instance, nowMs: number, command: InstanceCommand): Instance {
  const decision = decide(instance, command, { nowMs, retry: spec.retry });
  if (decision.outcome !== "changed") throw new Error(decision.reason);
  return decision.next;
}

function recordOf(body: Instance): NewRecord<Instance> {
  return { key: keys.instance(body.tenant, body.id), type: "instance", body };
}
