import { createHash, randomUUID } from "node:crypto";
import * as z from "zod";
import {
  hasForbiddenCharacter,
  jsonBody,
  type StubAnswer,
  StubRefusal,
  type StubRequest,
  type StubService,
} from "./stub-request.ts";

export interface StubMessage {
  readonly messageId: string;
  readonly body: string;
  readonly delaySeconds: number;
  readonly groupId?: string | undefined;
}

const Batch = z.strictObject({
  QueueUrl: z.url(),
  Entries: z.array(
    z.strictObject({
      Id: z.string(),
      MessageBody: z.string(),
      DelaySeconds: z.int().optional(),
      MessageGroupId: z.string().optional(),
    }),
  ),
});
type Entry = z.infer<typeof Batch>["Entries"][number];

const batchBytesMax = 1_048_576;

/** Queues that take batches, as SQS does; consumers take what arrived with `take`. */
export class StubSqs implements StubService {
  readonly signingName = "sqs";
  requests = 0;
  /** Refuses these entries of the next batch with a fault of the service: a partial failure. */
  refuseNext: ((body: string, index: number) => boolean) | undefined;
  readonly #queues = new Map<string, StubMessage[]>();

  /** Makes a queue and answers with its URL on the stub's own address. */
  createQueue(endpoint: string, name: string): string {
    const url = `${endpoint}/123456789012/${name}`;
    this.#queues.set(url, []);
    return url;
  }

  /** Takes all messages that wait in a queue, delayed ones included. */
  take(queueUrl: string): readonly StubMessage[] {
    const waiting = this.#queues.get(queueUrl) ?? [];
    this.#queues.set(queueUrl, []);
    return waiting;
  }

  owns(request: StubRequest): boolean {
    return request.headers["x-amz-target"]?.startsWith("AmazonSQS.") === true;
  }

  answer(request: StubRequest): StubAnswer {
    this.requests += 1;
    const parsed = Batch.safeParse(jsonBody(request, "AmazonSQS.SendMessageBatch", "1.0"));
    if (!parsed.success) throw new StubRefusal("InvalidParameterValue", parsed.error.message);
    const { QueueUrl: url, Entries: entries } = parsed.data;
    const queue = this.#queues.get(url);
    if (queue === undefined) throw new StubRefusal("QueueDoesNotExist", `no queue ${url}`);
    checkBatch(entries);
    const refuse = this.refuseNext;
    this.refuseNext = undefined;
    const successful: object[] = [];
    const failed: object[] = [];
    for (const [index, entry] of entries.entries()) {
      const invalid = faultOf(entry);
      if (invalid !== undefined || refuse?.(entry.MessageBody, index) === true) {
        const code = invalid ?? "InternalError";
        failed.push({ Id: entry.Id, Code: code, SenderFault: invalid !== undefined });
        continue;
      }
      const messageId = randomUUID();
      queue.push({
        messageId,
        body: entry.MessageBody,
        delaySeconds: entry.DelaySeconds ?? 0,
        groupId: entry.MessageGroupId,
      });
      const digest = createHash("md5").update(entry.MessageBody).digest("hex");
      successful.push({ Id: entry.Id, MessageId: messageId, MD5OfMessageBody: digest });
    }
    return { status: 200, body: { Successful: successful, Failed: failed } };
  }
}

function checkBatch(entries: readonly Entry[]): void {
  if (entries.length === 0) throw new StubRefusal("EmptyBatchRequest", "no entries");
  if (entries.length > 10) throw new StubRefusal("TooManyEntriesInBatchRequest", "over ten");
  const ids = entries.map((entry) => entry.Id);
  if (new Set(ids).size !== ids.length) throw new StubRefusal("BatchEntryIdsNotDistinct", "ids");
  if (!ids.every((id) => /^[A-Za-z0-9_-]{1,80}$/.test(id))) {
    throw new StubRefusal("InvalidBatchEntryId", ids.join(" "));
  }
  const bytes = entries.reduce((sum, entry) => sum + Buffer.byteLength(entry.MessageBody), 0);
  if (bytes > batchBytesMax) throw new StubRefusal("BatchRequestTooLong", `${bytes} bytes`);
}

function faultOf(entry: Entry): string | undefined {
  const { MessageBody: body, DelaySeconds: delay = 0, MessageGroupId: group } = entry;
  if (body === "") return "MissingParameter";
  if (hasForbiddenCharacter(body)) return "InvalidMessageContents";
  if (delay < 0 || delay > 900) return "InvalidParameterValue";
  if (group !== undefined && !/^[\x21-\x7E]{1,128}$/.test(group)) return "InvalidParameterValue";
  return undefined;
}
