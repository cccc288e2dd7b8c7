import type { InstanceView } from "../../shared/contract/http/views.ts";
import { badAnswer, errorOfItem } from "./answer-errors.ts";
import type { Accepted, PendingSubmit } from "./pending-submit.ts";
import { jsonOf, type RequestSender } from "./request-sender.ts";
import type { SwitchyardError } from "./switchyard-error.ts";

export type SubmitAnswer =
  | { readonly outcome: "accepted"; readonly accepted: Accepted }
  | { readonly outcome: "rejected"; readonly error: SwitchyardError };

/** One try for one or more submissions: an answer for each, in their order. */
export async function sendSubmits(
  sender: RequestSender,
  batch: readonly PendingSubmit[],
): Promise<readonly SubmitAnswer[]> {
  const [only] = batch;
  if (batch.length === 1 && only !== undefined) return [await sendOne(sender, only)];
  const body = `{"items":[${batch.map((pending) => pending.body()).join(",")}]}`;
  const answer = await sender.sendForJson({
    method: "POST",
    path: "/v1/instances/batch",
    body,
    repeatable: true,
    trace: only?.trace ?? {},
  });
  return itemsOf(answer, batch.length).map(answerOfItem);
}

async function sendOne(sender: RequestSender, pending: PendingSubmit): Promise<SubmitAnswer> {
  const answer = await sender.sendOnce({
    method: "POST",
    path: "/v1/instances",
    body: pending.body(),
    repeatable: true,
    trace: pending.trace ?? {},
  });
  const instance = jsonOf(answer);
  if (!isInstance(instance)) throw badAnswer(answer.status, "the answer is no instance");
  return { outcome: "accepted", accepted: { instance, repeated: answer.status === 200 } };
}

function itemsOf(answer: unknown, count: number): readonly unknown[] {
  if (typeof answer === "object" && answer !== null && "items" in answer) {
    if (Array.isArray(answer.items) && answer.items.length === count) return answer.items;
  }
  throw badAnswer(200, `the answer does not hold one item for each of ${count} submissions`);
}

function answerOfItem(item: unknown, place: number): SubmitAnswer {
  if (typeof item === "object" && item !== null && "status" in item) {
    const status = typeof item.status === "number" ? item.status : 0;
    if ("instance" in item && isInstance(item.instance)) {
      const { instance } = item;
      return { outcome: "accepted", accepted: { instance, repeated: status === 200 } };
    }
    if ("error" in item && typeof item.error === "object" && item.error !== null) {
      return { outcome: "rejected", error: errorOfItem(item.error, status, `/items/${place}`) };
    }
  }
  return {
    outcome: "rejected",
    error: badAnswer(200, "an item of the answer is neither instance nor error"),
  };
}

/** Enough to tell a server's instance from a stranger's JSON; its fields are the contract's word. */
function isInstance(value: unknown): value is InstanceView {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    typeof value.id === "string" &&
    "state" in value
  );
}
