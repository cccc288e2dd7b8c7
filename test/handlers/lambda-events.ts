import { randomUUID } from "node:crypto";
import type { StubInvocation } from "./stub/stub-lambda.ts";

/*
 * Events in the shapes in which AWS delivers them, with all the fields that AWS sends, so that a
 * handler that trips over one of them is found out.
 */

export interface HttpOptions {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent = a machine that signs its requests; null = nobody. */
  readonly authorizer?: object | null;
}

export const machineCaller = {
  iam: {
    accessKey: "ASIAEXAMPLE",
    accountId: "123456789012",
    callerId: "AROAEXAMPLE:deployer",
    cognitoIdentity: null,
    principalOrgId: "aws:PrincipalOrgID",
    userArn: "arn:aws:sts::123456789012:assumed-role/Deployer/session",
    userId: "AROAEXAMPLE:deployer",
  },
};

export function personCaller(claims: Readonly<Record<string, string>>): object {
  return { jwt: { claims, scopes: null } };
}

/** A request through an HTTP API, payload format 2.0. */
export function httpEvent(options: HttpOptions) {
  const { method, path, query = "", authorizer = machineCaller } = options;
  const text = typeof options.body === "string";
  return {
    version: "2.0",
    routeKey: "ANY /v1/{proxy+}",
    rawPath: path,
    rawQueryString: query,
    headers: {
      accept: "*/*",
      "content-type": "application/json",
      host: "abcdefghij.execute-api.us-east-1.amazonaws.com",
      "x-amzn-trace-id": "Root=1-65f0c0de-0123456789abcdef01234567",
      "x-forwarded-for": "203.0.113.7",
      "x-forwarded-port": "443",
      "x-forwarded-proto": "https",
      ...options.headers,
    },
    requestContext: {
      accountId: "123456789012",
      apiId: "abcdefghij",
      ...(authorizer === null ? {} : { authorizer }),
      domainName: "abcdefghij.execute-api.us-east-1.amazonaws.com",
      domainPrefix: "abcdefghij",
      http: {
        method,
        path,
        protocol: "HTTP/1.1",
        sourceIp: "203.0.113.7",
        userAgent: "test",
      },
      requestId: "JKJaXmPLvHcESHA=",
      routeKey: "ANY /v1/{proxy+}",
      stage: "$default",
      time: "20/Nov/2026:21:00:00 +0000",
      timeEpoch: 1_795_208_400_000,
    },
    pathParameters: { proxy: path.replace(/^\/v1\//, "") },
    ...(options.body === undefined
      ? {}
      : { body: text ? options.body : JSON.stringify(options.body) }),
    isBase64Encoded: false,
  };
}

/** A batch of an SQS queue; ids are as long as real ones. */
export function sqsEvent(bodies: readonly string[], queueName = "dispatch") {
  return {
    Records: bodies.map((body) => ({
      messageId: randomUUID(),
      receiptHandle: `AQEB${"x".repeat(180)}`,
      body,
      attributes: {
        ApproximateReceiveCount: "1",
        SentTimestamp: "1795208400000",
        SenderId: "AROAEXAMPLE:switchyard",
        ApproximateFirstReceiveTimestamp: "1795208400001",
        MessageGroupId: "default",
      },
      messageAttributes: {},
      md5OfBody: "e4e68fb7bd0e697a0ae8f1bb342846b3",
      eventSource: "aws:sqs",
      eventSourceARN: `arn:aws:sqs:us-east-1:123456789012:${queueName}`,
      awsRegion: "us-east-1",
    })),
  };
}

export type InvocationEnd =
  | { readonly kind: "success"; readonly payload: unknown }
  | { readonly kind: "failure"; readonly payload: unknown }
  | { readonly kind: "too old" };

/** What Lambda sends to the destination of an asynchronous invocation. */
export function destinationRecord(invocation: StubInvocation, end: InvocationEnd): string {
  const conditions = {
    success: "Success",
    failure: "RetriesExhausted",
    "too old": "EventAgeExceeded",
  } as const;
  return JSON.stringify({
    version: "1.0",
    timestamp: "2026-11-20T21:00:01.000Z",
    requestContext: {
      requestId: invocation.requestId,
      functionArn: invocation.functionArn,
      condition: conditions[end.kind],
      approximateInvokeCount: end.kind === "too old" ? 0 : 1,
    },
    requestPayload: invocation.payload,
    ...(end.kind === "too old"
      ? {}
      : {
          responseContext: {
            statusCode: 200,
            executedVersion: "7",
            ...(end.kind === "failure" ? { functionError: "Unhandled" } : {}),
          },
          responsePayload: end.payload,
        }),
  });
}

/** What EventBridge Scheduler passes to the timekeeper. */
export function tickEvent(scheduledAt = "2026-11-20T21:00:00Z") {
  return { kind: "tick", scheduledAt };
}

export const shardId = "shardId-00000001795208400000-1a2b3c4d";

/** One call of the mapping: it has a tumbling window, so the event names shard and window. */
export function streamEvent(records: readonly object[], source = shardId): object {
  return {
    Records: records,
    window: { start: "2026-11-20T21:00:00Z", end: "2026-11-20T21:15:00Z" },
    state: {},
    shardId: source,
    eventSourceARN: "arn:aws:dynamodb:us-east-1:123456789012:table/switchyard/stream/2026",
    isFinalInvokeForWindow: false,
    isWindowTerminatedEarly: false,
  };
}
