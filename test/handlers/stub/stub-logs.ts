import * as z from "zod";
import {
  jsonBody,
  type StubAnswer,
  StubRefusal,
  type StubRequest,
  type StubService,
} from "./stub-request.ts";

export interface StubLogLine {
  readonly stream: string;
  readonly atMs: number;
  readonly message: string;
}

const Filter = z
  .strictObject({
    logGroupName: z.string().regex(/^[.\-_/#A-Za-z0-9]{1,512}$/),
    logStreamNames: z.array(z.string().min(1)).min(1).max(100).optional(),
    filterPattern: z.string().max(1_024).optional(),
    startTime: z.int().min(0),
    endTime: z.int().min(0),
    limit: z.int().min(1).max(10_000),
    nextToken: z.string().optional(),
  })
  .refine((request) => request.startTime < request.endTime);

/** Log groups that can be searched for a quoted text. */
export class StubLogs implements StubService {
  readonly signingName = "logs";
  requests = 0;
  readonly groups = new Map<string, StubLogLine[]>();
  /** CloudWatch may answer with fewer lines than asked for, even none, and a token. */
  linesPerPage = 10_000;

  owns(request: StubRequest): boolean {
    return request.headers["x-amz-target"]?.startsWith("Logs_20140328.") === true;
  }

  answer(request: StubRequest): StubAnswer {
    this.requests += 1;
    const body = jsonBody(request, "Logs_20140328.FilterLogEvents", "1.1");
    const parsed = Filter.safeParse(body);
    if (!parsed.success) throw new StubRefusal("InvalidParameterException", parsed.error.message);
    const wanted = parsed.data;
    const lines = this.groups.get(wanted.logGroupName);
    if (lines === undefined) throw new StubRefusal("ResourceNotFoundException", "no such group");
    const text = /^"(.*)"$/.exec(wanted.filterPattern ?? '""')?.[1];
    if (text === undefined) throw new StubRefusal("InvalidParameterException", "pattern");
    const found = lines.filter(
      (line) =>
        line.atMs >= wanted.startTime &&
        line.atMs < wanted.endTime &&
        line.message.includes(text) &&
        (wanted.logStreamNames?.includes(line.stream) ?? true),
    );
    const start = Number(wanted.nextToken ?? 0);
    const end = start + Math.min(wanted.limit, this.linesPerPage);
    return {
      status: 200,
      body: {
        events: found.slice(start, end).map((line, index) => ({
          logStreamName: line.stream,
          timestamp: line.atMs,
          message: line.message,
          eventId: String(start + index),
        })),
        ...(end < found.length ? { nextToken: String(end) } : {}),
      },
    };
  }
}
