import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import * as z from "zod";
import type { DeployerMessage } from "../../../shared/contract/messages.ts";
import { TerminalError, TransientError } from "../../../shared/core/errors.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { Deployer } from "../../../shared/ports/deployer.ts";
import type { Log } from "../../../shared/ports/log.ts";
import { callAws, messageOf } from "./aws-call.ts";
import type { Pace } from "./dynamo/table-access.ts";

export interface LambdaDeployerOptions {
  /** With room for calls that wait for an answer. */
  readonly client: LambdaClient;
  /** Name of the one function that may deploy. */
  readonly functionName: string;
  readonly log: Log;
  readonly pace?: Pace;
}

const triesMax = 3;
/** The deployer's own waiting for a function comes on top of that function's. */
const answerMsMax = limits.tryOutMsMax + 5_000;

const Said = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("returned"), output: z.json(), log: z.string().optional() }),
  z.object({ outcome: z.literal("failed"), error: z.string(), log: z.string().optional() }),
]);

/** Asks the deployer function: the caller needs the right to invoke it, and no other. */
export function openLambdaDeployer(options: LambdaDeployerOptions): Deployer {
  return {
    async request(tenant, name, digest) {
      try {
        await invoke(options, { kind: "deploy", tenant, name, digest }, "Event");
      } catch (error) {
        options.log.warn("deployment not asked for; the timekeeper does", {
          function: name,
          digest,
          cause: messageOf(error),
        });
      }
    },
    async tryOut(tenant, name, digest, event) {
      const message = { kind: "try", tenant, name, digest, event } as const;
      const said = Said.parse(await invoke(options, message, "RequestResponse"));
      const log = said.log === undefined ? {} : { log: said.log };
      return said.outcome === "returned"
        ? { outcome: "returned", output: said.output, ...log }
        : { outcome: "failed", error: said.error, ...log };
    },
    async remove(tenant, name) {
      await invoke(options, { kind: "remove", tenant, name }, "RequestResponse");
    },
  };
}

async function invoke(
  { client, functionName, pace }: LambdaDeployerOptions,
  message: { readonly kind: DeployerMessage["kind"]; readonly [field: string]: unknown },
  invocationType: "Event" | "RequestResponse",
): Promise<unknown> {
  const call = {
    action: "lambda:InvokeFunction",
    target: functionName,
    // Whatever is asked for is harmless when it is done twice, but for trying out.
    repeatUnclear: message.kind !== "try",
    triesMax,
    ...(pace === undefined ? {} : { pace }),
  };
  const command = new InvokeCommand({
    FunctionName: functionName,
    InvocationType: invocationType,
    Payload: JSON.stringify(message),
  });
  const answer = await callAws(call, () =>
    client.send(command, invocationType === "Event" ? {} : { requestTimeout: answerMsMax }),
  );
  const payload = answer.Payload === undefined ? "" : Buffer.from(answer.Payload).toString("utf8");
  if (answer.FunctionError !== undefined) {
    const text = `the deployer failed: ${payload.slice(0, 500)}`;
    throw payload.includes("TerminalError") ? new TerminalError(text) : new TransientError(text);
  }
  return payload === "" ? undefined : JSON.parse(payload);
}
