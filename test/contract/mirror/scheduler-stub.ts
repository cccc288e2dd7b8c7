import * as z from "zod";
import type { WireAnswer, WireRequest } from "../platform/stub-server.ts";

const Input = z.strictObject({
  GroupName: z.string(),
  ClientToken: z.string().min(1).max(64),
  Description: z.string().max(512),
  ScheduleExpression: z.string().max(256),
  ScheduleExpressionTimezone: z.string().max(50),
  StartDate: z.number().optional(),
  EndDate: z.number().optional(),
  State: z.enum(["ENABLED", "DISABLED"]),
  FlexibleTimeWindow: z.strictObject({ Mode: z.literal("OFF") }),
  ActionAfterCompletion: z.enum(["NONE", "DELETE"]),
  Target: z.strictObject({
    Arn: z.string(),
    RoleArn: z.string(),
    Input: z.string(),
    DeadLetterConfig: z.strictObject({ Arn: z.string() }),
    RetryPolicy: z.strictObject({
      MaximumRetryAttempts: z.int().min(0).max(185),
      MaximumEventAgeInSeconds: z.int().min(60).max(86_400),
    }),
  }),
});
export type StubSchedule = Omit<z.infer<typeof Input>, "ClientToken"> & {
  readonly changedAt: number;
};

/** EventBridge Scheduler that keeps what it is told, and refuses what the real one refuses. */
export class StubScheduler {
  readonly schedules = new Map<string, StubSchedule>();
  /** What was done, one word for each request that changed something. */
  readonly changes: string[] = [];
  nowSeconds = 1_795_208_400;
  pageSize = 100;
  readonly #tokens = new Map<string, string>();

  answer({ method, path, body }: WireRequest): WireAnswer {
    const url = new URL(path, "http://stub");
    const name = decodeURIComponent(url.pathname.replace(/^\/schedules\/?/, ""));
    if (method === "GET" && name === "") return this.#list(url);
    if (!/^[0-9a-zA-Z-_.]{1,64}$/.test(name)) return refusal("ValidationException", name);
    const present = this.schedules.get(name);
    if (method === "POST") {
      const token = z.object({ ClientToken: z.string() }).parse(json(body)).ClientToken;
      // The same call again: it was answered before.
      if (this.#tokens.get(name) === token) return { status: 200, body: arnOf(name) };
      if (present !== undefined) return refusal("ConflictException", `${name} exists`, 409);
      this.#tokens.set(name, token);
      return this.#keep(name, body, "created");
    }
    if (present === undefined) return refusal("ResourceNotFoundException", name, 404);
    if (method === "GET") return { status: 200, body: shown(name, present) };
    if (method === "PUT") return this.#keep(name, body, "updated");
    this.schedules.delete(name);
    this.changes.push(`deleted ${name}`);
    return { status: 200, body: {} };
  }

  #keep(name: string, body: Buffer, what: string): WireAnswer {
    const parsed = Input.safeParse(json(body));
    if (!parsed.success) return refusal("ValidationException", parsed.error.message);
    const { ClientToken: _, ...schedule } = parsed.data;
    const { StartDate: start, EndDate: end } = schedule;
    if (start !== undefined && start < this.nowSeconds - 300) {
      return refusal("ValidationException", "The StartDate cannot be earlier than 5 minutes ago.");
    }
    if (end !== undefined && end < this.nowSeconds) {
      return refusal("ValidationException", "The EndDate must come in the future.");
    }
    this.schedules.set(name, { ...schedule, changedAt: this.nowSeconds });
    this.changes.push(`${what} ${name}`);
    return { status: 200, body: arnOf(name) };
  }

  #list(url: URL): WireAnswer {
    const from = Number(url.searchParams.get("NextToken") ?? 0);
    const names = [...this.schedules.keys()].sort();
    const Schedules = names.slice(from, from + this.pageSize).map((Name) => {
      const { State, Target, changedAt } = this.schedules.get(Name) ?? {};
      return { Name, State, Target: { Arn: Target?.Arn }, LastModificationDate: changedAt };
    });
    const next = from + this.pageSize;
    return {
      status: 200,
      body: { Schedules, ...(next < names.length ? { NextToken: String(next) } : {}) },
    };
  }
}

function shown(Name: string, { changedAt, ...schedule }: StubSchedule): object {
  return { Name, ...schedule, CreationDate: changedAt, LastModificationDate: changedAt };
}

function arnOf(name: string): object {
  return {
    ScheduleArn: `arn:aws:scheduler:us-east-1:123456789012:schedule/switchyard-test/${name}`,
  };
}

export function refusal(code: string, Message: string, status = 400): WireAnswer {
  return { status, headers: { "x-amzn-errortype": code }, body: { Message, message: Message } };
}

function json(body: Buffer): unknown {
  return JSON.parse(body.toString("utf8"));
}
