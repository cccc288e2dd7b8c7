import { describe, expect, it } from "vitest";
import { itemOf } from "../../../functions/adapters/aws/dynamo/record-item.ts";
import { TerminalError, TransientError } from "../../../shared/core/errors.ts";
import type { Change, NewRecord } from "../../../shared/ports/store.ts";
import { add, instanceRecord, put, rollupRecord } from "../store/store-records.ts";
import { noise } from "./noise.ts";
import {
  inTurn,
  ok,
  refused,
  scriptedStore,
  type WireAnswer,
  wireItem,
} from "./scripted-client.ts";

const record = instanceRecord("t1", "ins_1");
const theirs = instanceRecord("t1", "ins_1", { submittedBy: "somebody else" });
const sums = add(rollupRecord("t1", "b1", {}).key, { runs: 1 });
const lostAnswer: WireAnswer = { connection: "ECONNRESET" };

/** The answer to a write whose condition failed on this item. */
function conditionFailed(there: NewRecord<object>, version: number): WireAnswer {
  return refused("ConditionalCheckFailedException", { Item: wireItem(itemOf(there, version)) });
}

function cancelled(...reasons: readonly object[]): WireAnswer {
  return refused("TransactionCanceledException", { CancellationReasons: reasons });
}

const failedOn = (there: NewRecord<object>, version: number) => ({
  Code: "ConditionalCheckFailed",
  Item: wireItem(itemOf(there, version)),
});
const held = { Code: "None" };

describe("a write that is held back", () => {
  it("is tried again with growing, jittered pauses until it is taken", async () => {
    const throttled = refused("ThrottlingException");
    const { store, sent, sleptMs } = scriptedStore(inTurn(throttled, throttled, throttled, ok()));
    expect(await store.write([put(record, "absent")])).toEqual({ outcome: "wrote" });
    expect(sleptMs).toEqual([12, 25, 50]);
    expect(sent.map(({ action }) => action)).toEqual(Array(4).fill("PutItem"));
  });

  it("gives up after five tries and says when to come back", async () => {
    const { store, sent } = scriptedStore(() => refused("ProvisionedThroughputExceededException"));
    const error = await failureOf(store.write([put(record, "absent")]));
    expect(error).toBeInstanceOf(TransientError);
    expect(error).toMatchObject({ retryAfterMs: 1_000 });
    expect(error.message).toContain(
      "dynamodb:PutItem on table switchyard-test in region eu-central-1",
    );
    expect(sent).toHaveLength(5);
  });

  it("does not go on for longer than its callers can wait", async () => {
    const { store, sent, advance } = scriptedStore(() => {
      advance(4_000);
      return lostAnswer;
    });
    await expect(store.write([put(record, "absent")])).rejects.toBeInstanceOf(TransientError);
    expect(sent).toHaveLength(2);
  });

  it("is tried again when another transaction holds one of its items, under a new token", async () => {
    const busy = cancelled({ Code: "TransactionConflict" }, held);
    const { store, sent } = scriptedStore(inTurn(busy, ok()));
    expect(await store.write([put(record, "absent"), sums])).toEqual({ outcome: "wrote" });
    expect(tokens(sent)).toHaveLength(2);
    expect(new Set(tokens(sent)).size).toBe(2);
  });

  it("is tried again when a single write meets a transaction", async () => {
    const { store, sent } = scriptedStore(inTurn(refused("TransactionConflictException"), ok()));
    expect(await store.write([sums])).toEqual({ outcome: "wrote" });
    expect(sent).toHaveLength(2);
  });
});

describe("a put whose answer is lost", () => {
  const faults = {
    "the connection breaks": lostAnswer,
    "the service has an internal error": refused("InternalServerError", {}, 500),
    "the service is unavailable": refused("ServiceUnavailable", {}, 503),
  };
  for (const [fault, answer] of Object.entries(faults)) {
    it(`has been written when ${fault} and its own record is found there`, async () => {
      const { store } = scriptedStore(inTurn(answer, conditionFailed(record, 1)));
      expect(await store.write([put(record, "absent")])).toEqual({ outcome: "wrote" });
    });
  }

  it("is simply written by the second try when the first was not applied", async () => {
    const { store, sent } = scriptedStore(inTurn(lostAnswer, ok()));
    expect(await store.write([put(record, 4)])).toEqual({ outcome: "wrote" });
    expect(sent[1]).toEqual(sent[0]);
  });

  it("is lost when another writer's record has the version that it wanted", async () => {
    const { store } = scriptedStore(inTurn(lostAnswer, conditionFailed(theirs, 5)));
    expect(await store.write([put(record, 4)])).toEqual({
      outcome: "lost",
      conflicts: [{ changeIndex: 0, current: { ...theirs, version: 5 } }],
    });
  });

  it("stays unknown when the record has moved on, since it may have moved on from ours", async () => {
    const { store } = scriptedStore(inTurn(lostAnswer, conditionFailed(theirs, 6)));
    const error = await failureOf(store.write([put(record, 4)]));
    expect(error).toBeInstanceOf(TransientError);
    expect(error.message).toContain("read again");
  });

  it("is recognised behind retries of the SDK, if a client was opened with them", async () => {
    const answers = inTurn(lostAnswer, conditionFailed(record, 1));
    const { store, sent, sleptMs } = scriptedStore(answers, { maxAttempts: 2 });
    expect(await store.write([put(record, "absent")])).toEqual({ outcome: "wrote" });
    expect(sent).toHaveLength(2);
    expect(sleptMs).toEqual([]);
  });

  it("is not confused with a twin: without an unanswered try the same content is somebody else's", async () => {
    const { store } = scriptedStore(inTurn(conditionFailed(record, 1)));
    expect(await store.write([put(record, "absent")])).toMatchObject({ outcome: "lost" });
  });
});

describe("other writes whose answer is lost", () => {
  it("does not repeat a sum, which could count twice", async () => {
    const { store, sent } = scriptedStore(inTurn(lostAnswer));
    await expect(store.write([sums])).rejects.toBeInstanceOf(TransientError);
    expect(sent).toHaveLength(1);
  });

  it("repeats a sum that was certainly never sent", async () => {
    const { store, sent } = scriptedStore(inTurn({ connection: "ECONNREFUSED" }, ok()));
    expect(await store.write([sums])).toEqual({ outcome: "wrote" });
    expect(sent).toHaveLength(2);
  });

  it("does not repeat a transaction of sums and checks alone", async () => {
    const { store, sent } = scriptedStore(inTurn(lostAnswer));
    const check: Change = { kind: "check", key: record.key, expect: 1 };
    await expect(store.write([sums, check])).rejects.toBeInstanceOf(TransientError);
    expect(sent).toHaveLength(1);
  });

  it("leaves a delete unknown when nothing is there any more", async () => {
    const gone = refused("ConditionalCheckFailedException");
    const { store } = scriptedStore(inTurn(lostAnswer, gone));
    const drop: Change = { kind: "delete", key: record.key, expect: 2 };
    await expect(store.write([drop])).rejects.toBeInstanceOf(TransientError);
  });
});

describe("a transaction whose answer is lost", () => {
  const changes = [put(record, 1), sums];

  it("is repeated under the same token, which makes both tries one", async () => {
    const working = refused("TransactionInProgressException");
    const { store, sent } = scriptedStore(inTurn(lostAnswer, working, ok()));
    expect(await store.write(changes)).toEqual({ outcome: "wrote" });
    expect(tokens(sent)).toHaveLength(3);
    expect(new Set(tokens(sent)).size).toBe(1);
  });

  it("counts the repeated answer as the read that it is billed as", async () => {
    const remembered = ok({
      ConsumedCapacity: [{ TableName: "t", CapacityUnits: 4, ReadCapacityUnits: 4 }],
    });
    const { store, meter } = scriptedStore(inTurn(lostAnswer, remembered));
    await store.write(changes);
    expect(meter.take("dynamodb.readUnits")).toBe(4);
    expect(meter.take("dynamodb.writeUnits")).toBe(0);
  });

  it("has been written when its put is found there, although the token was forgotten", async () => {
    const { store } = scriptedStore(inTurn(lostAnswer, cancelled(failedOn(record, 2), held)));
    expect(await store.write(changes)).toEqual({ outcome: "wrote" });
  });

  it("is lost when another record has the put's version", async () => {
    const { store } = scriptedStore(inTurn(lostAnswer, cancelled(failedOn(theirs, 2), held)));
    expect(await store.write(changes)).toEqual({
      outcome: "lost",
      conflicts: [{ changeIndex: 0, current: { ...theirs, version: 2 } }],
    });
  });

  it("is lost when another change failed while the put's condition still held", async () => {
    const check: Change = { kind: "check", key: rollupRecord("t1", "b2", {}).key, expect: 1 };
    const failed = { Code: "ConditionalCheckFailed" };
    const { store } = scriptedStore(inTurn(lostAnswer, cancelled(held, failed)));
    expect(await store.write([put(record, 1), check])).toEqual({
      outcome: "lost",
      conflicts: [{ changeIndex: 1, current: undefined }],
    });
  });

  it("stays unknown when nothing that was found tells", async () => {
    const { store } = scriptedStore(inTurn(lostAnswer, cancelled(failedOn(theirs, 7), held)));
    await expect(store.write(changes)).rejects.toBeInstanceOf(TransientError);
  });
});

describe("a write that can never succeed", () => {
  const cases = {
    AccessDeniedException: "Grant this role the action named above",
    ResourceNotFoundException: "deploy the stack, or correct the table name or the region",
    ValidationException: "ValidationException says the wire",
    ExpiredTokenException: "renew them",
  };
  for (const [name, advice] of Object.entries(cases)) {
    it(`is not repeated after ${name}; the error says where and what to do`, async () => {
      const { store, sent } = scriptedStore(inTurn(refused(name)));
      const error = await failureOf(store.write([put(record, "absent")]));
      expect(error).toBeInstanceOf(TerminalError);
      expect(error.message).toContain("table switchyard-test in region eu-central-1");
      expect(error.message).toContain(advice);
      expect(error.cause).toMatchObject({ name });
      expect(sent).toHaveLength(1);
    });
  }

  it("is not repeated when one action of a transaction is invalid", async () => {
    const { store } = scriptedStore(inTurn(cancelled(held, { Code: "ValidationError" })));
    const result = store.write([put(record, "absent"), sums]);
    await expect(result).rejects.toBeInstanceOf(TerminalError);
  });
});

describe("the bill of refused writes", () => {
  it("estimates what the answer does not say: the items that were looked at, twice in transactions", async () => {
    const large = instanceRecord("t1", "ins_1", { input: { text: noise(2_600) } });
    const { store, meter } = scriptedStore(
      inTurn(conditionFailed(large, 3), cancelled(failedOn(large, 3), held)),
    );
    await store.write([put(record, 1)]);
    expect(meter.take("dynamodb.writeUnits")).toBe(3);
    await store.write([put(record, 1), sums]);
    expect(meter.take("dynamodb.writeUnits")).toBe(8);
  });
});

function tokens(sent: readonly { readonly input: { readonly ClientRequestToken?: string } }[]) {
  return sent.map(({ input }) => input.ClientRequestToken);
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof Error) return outcome;
  throw new Error("it was expected to fail");
}
