import { randomUUID } from "node:crypto";
import * as z from "zod";
import {
  jsonBody,
  type StubAnswer,
  StubRefusal,
  type StubRequest,
  type StubService,
} from "./stub-request.ts";

export interface StubEvent {
  readonly source: string;
  readonly detailType: string;
  readonly bus: string;
  readonly atSeconds: number;
  readonly detail: Readonly<Record<string, unknown>>;
}

const PutEvents = z.strictObject({
  Entries: z
    .array(
      z.strictObject({
        Source: z
          .string()
          .min(1)
          .max(256)
          .regex(/^(?!aws\.)/),
        DetailType: z.string().min(1).max(128),
        EventBusName: z.string().min(1),
        Time: z.number(),
        Detail: z.string(),
      }),
    )
    .min(1)
    .max(10),
});

const requestBytesMax = 1_048_576;

/** An event bus that keeps what it accepted. */
export class StubEvents implements StubService {
  readonly signingName = "events";
  requests = 0;
  readonly buses = new Set<string>();
  /** Answers these entries of the next request with an error code of their own. */
  refuseNext: ((event: StubEvent, index: number) => string | undefined) | undefined;
  #accepted: StubEvent[] = [];

  get accepted(): readonly StubEvent[] {
    return this.#accepted;
  }

  take(): readonly StubEvent[] {
    const accepted = this.#accepted;
    this.#accepted = [];
    return accepted;
  }

  owns(request: StubRequest): boolean {
    return request.headers["x-amz-target"] === "AWSEvents.PutEvents";
  }

  answer(request: StubRequest): StubAnswer {
    this.requests += 1;
    const parsed = PutEvents.safeParse(jsonBody(request, "AWSEvents.PutEvents", "1.1"));
    if (!parsed.success) throw new StubRefusal("ValidationException", parsed.error.message);
    if (Buffer.byteLength(request.body) > requestBytesMax) {
      throw new StubRefusal("ValidationException", "the entries are too large together");
    }
    const refuse = this.refuseNext;
    this.refuseNext = undefined;
    const answers = parsed.data.Entries.map((entry, index) => {
      const event: StubEvent = {
        source: entry.Source,
        detailType: entry.DetailType,
        bus: entry.EventBusName,
        atSeconds: entry.Time,
        detail: detailOf(entry.Detail),
      };
      if (!this.buses.has(event.bus)) return { ErrorCode: "ResourceNotFoundException" };
      const code = refuse?.(event, index);
      if (code !== undefined) return { ErrorCode: code, ErrorMessage: "refused by the test" };
      this.#accepted.push(event);
      return { EventId: randomUUID() };
    });
    const failed = answers.filter((answer) => "ErrorCode" in answer).length;
    return { status: 200, body: { FailedEntryCount: failed, Entries: answers } };
  }
}

function detailOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    throw new StubRefusal("MalformedDetail", "the detail is not a JSON object");
  }
}
