import { instanceToSummary } from "../../../shared/contract/http/instance-to-view.ts";
import { problemOf } from "../../../shared/contract/http/problem.ts";
import { receiptToView } from "../../../shared/contract/http/receipt-to-view.ts";
import { errorCodes } from "../../../shared/core/error-codes.ts";
import type { Rejection } from "../../../shared/core/errors.ts";
import type { TenantContext } from "../../../shared/core/tenant.ts";
import type { Inherited, TraceContext } from "../../../shared/core/trace-context.ts";
import type { Submission } from "../../../shared/instance/submission.ts";
import type { Engine } from "../../runtime/engine.ts";
import { readSubmission } from "../../submission/read-submission.ts";
import { type SubmitResult, submitInstances } from "../../submission/submit-instances.ts";
import { InstanceTexts } from "./instance-text.ts";

/** Submits each item that is a submission and answers for every item in order, as JSON text. */
export async function answerBatch(
  engine: Engine,
  context: TenantContext,
  items: readonly unknown[],
  trace?: TraceContext,
  inherited?: Inherited,
): Promise<string> {
  const valid: Submission[] = [];
  const refusals = items.map((item): Rejection | undefined => {
    const read = readSubmission(item);
    if ("code" in read) return read;
    valid.push(read);
    return undefined;
  });
  const results = await submitInstances(engine, context, valid, trace, inherited);
  const instances = new InstanceTexts();
  let next = 0;
  const texts = refusals.map((refusal, place) => {
    if (refusal !== undefined) return rejectionText(refusal, place);
    const result = results[next];
    next += 1;
    return result === undefined ? "null" : resultText(result, place, instances);
  });
  return `{"items":[${texts.join(",")}]}`;
}

function resultText(result: SubmitResult, place: number, instances: InstanceTexts): string {
  switch (result.outcome) {
    case "accepted":
      return `{"status":${result.repeated ? 200 : 202},"instance":${instances.textOf(result.instance)}}`;
    case "planned":
      return JSON.stringify({
        status: 200,
        dryRun: true,
        instance: instanceToSummary(result.instance),
        receipt: receiptToView(result.receipt),
        ...(result.note === undefined ? {} : { note: result.note }),
        ...(result.cost === undefined ? {} : { cost: result.cost }),
      });
    case "rejected":
      return rejectionText(result.rejection, place);
  }
}

/** Pointers of the whole request's body, so that they lead to the item. */
function rejectionText(rejection: Rejection, place: number): string {
  const pointer = `/items/${place}${rejection.pointer ?? ""}`;
  const { status } = errorCodes[rejection.code];
  return JSON.stringify({ status, error: problemOf({ ...rejection, pointer }) });
}
