import type { DryRunAnswer, InstanceView, LookupAnswer } from "../../shared/contract/http/views.ts";
import { limits } from "../../shared/core/limits.ts";
import type { CallOptions, SubmitOutcome, SwitchyardClient } from "./client.ts";
import type { InstanceWaiter, WaitQuestions } from "./instance-waiter.ts";
import type { PayloadCalls } from "./payload-calls.ts";
import { submissionText } from "./pending-submit.ts";
import { type Ask, instancePath } from "./read-calls.ts";
import type { SubmitQueue } from "./submit-queue.ts";
import { SwitchyardError } from "./switchyard-error.ts";
import type { OutputOf, SubmitRequest, TaskInstance, TaskName } from "./task-types.ts";

type SubmitCalls<Tasks> = Pick<
  SwitchyardClient<Tasks>,
  "submit" | "submitMany" | "submitAndWait" | "plan" | "status" | "wait" | "input" | "output"
>;

/** Submitting, and following what was submitted. */
export function submitCalls<Tasks>(
  ask: Ask,
  queue: SubmitQueue,
  waiter: InstanceWaiter,
  payloads: PayloadCalls,
): SubmitCalls<Tasks> {
  const add = async (submission: object, signal: AbortSignal | undefined) => {
    const hasKey = "idempotencyKey" in submission && submission.idempotencyKey !== undefined;
    const text = submissionText(submission);
    // A UTF-16 unit takes three bytes at most: most submissions need not be looked at any closer.
    if (text.length * 3 <= limits.inputBytesMax) return await queue.add(text, hasKey, signal);
    const light = await payloads.withUploadedInput(submission, signal);
    return await queue.add(light === submission ? text : submissionText(light), hasKey, signal);
  };
  return {
    submit: async (submission, options) => {
      const { instance } = await add(submission, options?.signal);
      return withOutput(instance);
    },
    submitMany: <Name extends TaskName<Tasks>>(
      submissions: readonly SubmitRequest<Tasks, Name>[],
      options: CallOptions | undefined,
    ) =>
      Promise.all(
        submissions.map((each) => outcomeOf<OutputOf<Tasks[Name]>>(add(each, options?.signal))),
      ),
    submitAndWait: async (submission, options) => {
      const { instance } = await add(submission, options?.signal);
      const finished = await waiter.wait(instance.id, options);
      return withOutput(await payloads.withOutput(finished, options));
    },
    plan: async <Name extends TaskName<Tasks>>(
      submission: SubmitRequest<Tasks, Name>,
      options: CallOptions | undefined,
    ) => {
      const { dryRun: _, ...plan } = await ask<DryRunAnswer>({
        method: "POST",
        path: "/v1/instances",
        body: { ...(await payloads.withMeasuredInput(submission)), dryRun: true },
        repeatable: true,
        options,
      });
      return plan;
    },
    status: async (target, options) => {
      const path = instancePath(idOf(target));
      const instance = await ask<InstanceView>({ method: "GET", path, repeatable: true, options });
      return withOutput(await payloads.withOutput(instance, options));
    },
    wait: async (target, options) => {
      const finished = await waiter.wait(idOf(target), options);
      return withOutput(await payloads.withOutput(finished, options));
    },
    input: (id, options) => payloads.fetch(id, "input", options),
    output: (id, options) => payloads.fetch(id, "output", options),
  };
}

/** The questions of the waiter, put to the API. */
export function waitQuestions(ask: Ask, requestTimeoutMs: number): WaitQuestions {
  return {
    async lookup(ids, waitSeconds, signal) {
      const answer = await ask<LookupAnswer>({
        method: "POST",
        path: "/v1/instances/lookup",
        body: { ids, waitSeconds },
        repeatable: true,
        timeoutMs: waitSeconds * 1_000 + requestTimeoutMs,
        options: { signal },
      });
      return answer.items.map((instance) => instance ?? undefined);
    },
    whole: (id) =>
      ask({ method: "GET", path: instancePath(id), repeatable: true, options: undefined }),
  };
}

async function outcomeOf<Output>(
  submitted: Promise<{ readonly instance: InstanceView; readonly repeated: boolean }>,
): Promise<SubmitOutcome<Output>> {
  try {
    const { instance, repeated } = await submitted;
    return { ok: true, instance: withOutput(instance), repeated };
  } catch (error) {
    // Anything else, such as an abort, concerns all of them.
    if (!(error instanceof SwitchyardError)) throw error;
    return { ok: false, error };
  }
}

/** The caller's map of tasks says what outputs are; the wire cannot. */
function withOutput<Output>(instance: InstanceView): TaskInstance<Output> {
  return instance as TaskInstance<Output>;
}

function idOf(target: string | { readonly id: string }): string {
  return typeof target === "string" ? target : target.id;
}
