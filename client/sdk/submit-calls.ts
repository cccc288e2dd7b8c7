import type { DryRunAnswer, InstanceView, LookupAnswer } from "../../shared/contract/http/views.ts";
import type { CallOptions, SubmitOutcome, SwitchyardClient } from "./client.ts";
import type { InstanceWaiter, WaitQuestions } from "./instance-waiter.ts";
import { submissionText } from "./pending-submit.ts";
import { type Ask, instancePath } from "./read-calls.ts";
import type { SubmitQueue } from "./submit-queue.ts";
import { SwitchyardError } from "./switchyard-error.ts";
import type { OutputOf, SubmitRequest, TaskInstance, TaskName } from "./task-types.ts";

type SubmitCalls<Tasks> = Pick<
  SwitchyardClient<Tasks>,
  "submit" | "submitMany" | "submitAndWait" | "plan" | "status" | "wait"
>;

/** Submitting, and following what was submitted. */
export function submitCalls<Tasks>(
  ask: Ask,
  queue: SubmitQueue,
  waiter: InstanceWaiter,
): SubmitCalls<Tasks> {
  const add = async (submission: object, signal: AbortSignal | undefined) => {
    const hasKey = "idempotencyKey" in submission && submission.idempotencyKey !== undefined;
    return await queue.add(submissionText(submission), hasKey, signal);
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
      return withOutput(await waiter.wait(instance.id, options));
    },
    plan: async <Name extends TaskName<Tasks>>(
      submission: SubmitRequest<Tasks, Name>,
      options: CallOptions | undefined,
    ) => {
      const { instance, receipt } = await ask<DryRunAnswer>({
        method: "POST",
        path: "/v1/instances",
        body: { ...submission, dryRun: true },
        repeatable: true,
        options,
      });
      return { instance, receipt };
    },
    status: async (target, options) => {
      const path = instancePath(idOf(target));
      return withOutput(
        await ask<InstanceView>({ method: "GET", path, repeatable: true, options }),
      );
    },
    wait: async (target, options) => withOutput(await waiter.wait(idOf(target), options)),
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
