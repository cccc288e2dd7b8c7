import { openLambdaBackend } from "../../../functions/adapters/aws/lambda-backend.ts";
import { openLambdaClient } from "../../../functions/adapters/aws/lambda-client.ts";
import { readDestination } from "../../../functions/complete/destination-event.ts";
import { AttemptCredential } from "../../../shared/contract/messages.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { AttemptRef } from "../../../shared/ports/backend.ts";
import { destinationRecord, type InvocationEnd } from "../../handlers/lambda-events.ts";
import { startAwsStub, throttled } from "../../handlers/stub/aws-stub.ts";
import { clientSettings, impatientPace } from "../../handlers/stub/local-clients.ts";
import type { StubInvocation } from "../../handlers/stub/stub-lambda.ts";
import { describeBackend } from "./backend-contract.ts";
import type { BackendHarness, BackendWorld, Behaviour } from "./backend-harness.ts";

const functionArn = "arn:aws:lambda:us-east-1:123456789012:function:resize:live";

/** What Lambda tells of each behaviour. */
const ends: Readonly<{ [Each in Exclude<Behaviour, "endless">]: InvocationEnd }> = {
  result: { kind: "success", payload: { ok: true } },
  nothing: { kind: "success", payload: null },
  error: { kind: "failure", payload: { errorType: "TypeError", errorMessage: "no width" } },
  crash: {
    kind: "failure",
    payload: {
      errorType: "Runtime.ExitError",
      errorMessage: "Runtime exited with error: exit status 1",
    },
  },
  timeout: {
    kind: "failure",
    payload: { errorType: "Sandbox.Timedout", errorMessage: "Task timed out after 3.00 seconds" },
  },
  memory: {
    kind: "failure",
    payload: {
      errorType: "Runtime.ExitError",
      errorMessage: "Runtime exited with error: signal: killed",
    },
  },
  huge: { kind: "success", payload: "x".repeat(limits.outputBytesMax + 1) },
};

async function openLambda({ record }: BackendWorld): Promise<BackendHarness> {
  const stub = await startAwsStub();
  stub.lambda.functions.add(functionArn);
  const client = openLambdaClient({ now: () => Date.now() }, clientSettings(stub.endpoint));
  const invocations: StubInvocation[] = [];
  const invocationsOf = ({ attemptId }: AttemptRef) => {
    invocations.push(...stub.lambda.take());
    return invocations.filter(
      ({ payload }) => AttemptCredential.parse(payload).attempt.id === attemptId,
    );
  };
  return {
    backend: openLambdaBackend({
      client,
      accountId: "123456789012",
      controlPlaneFunctionPrefix: "switchyard-test-",
      pace: impatientPace(),
    }),
    faults: {
      loseAnswer: () => stub.fail("lambda", { kind: "apply-then-cut" }),
      loseStart: () => stub.fail("lambda", { kind: "cut" }),
      fill() {
        stub.fail("lambda", throttled, throttled, throttled);
        return () => undefined;
      },
    },
    taskFor: () => ({ run: { lambda: { functionArn } } }),
    async finish(attempt, behaviour) {
      if (behaviour === "endless") throw new Error("an endless run has no end");
      for (const invocation of invocationsOf(attempt)) {
        const reading = readDestination(destinationRecord(invocation, ends[behaviour]));
        if (reading.outcome !== "read") throw new Error(JSON.stringify(reading));
        await record([reading.value]);
      }
    },
    // Nothing says where an invocation is.
    begun: async () => undefined,
    stopped: async () => undefined,
    runsOf: async (attempt) => invocationsOf(attempt).length,
    async close() {
      client.destroy();
      await stub.close();
    },
  };
}

describeBackend(
  "Lambda",
  {
    startIsIdempotent: false,
    stops: false,
    sees: false,
    faults: ["loseAnswer", "loseStart", "fill"],
  },
  openLambda,
);
