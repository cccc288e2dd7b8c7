import { randomUUID } from "node:crypto";
import {
  type StubAnswer,
  StubRefusal,
  type StubRequest,
  type StubService,
} from "./stub-request.ts";

/** An accepted asynchronous invocation, waiting to be run. */
export interface StubInvocation {
  readonly requestId: string;
  readonly functionArn: string;
  readonly payload: unknown;
}

const asyncBytesMax = 1_048_576;
const invokePath = /^\/2015-03-31\/functions\/([^/]+)\/invocations(?:\?Qualifier=([^&]+))?$/;
const qualifiedArn =
  /^arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{1,128}$/;

/** Functions that take asynchronous invocations; `take` hands them to whoever plays the function. */
export class StubLambda implements StubService {
  readonly signingName = "lambda";
  requests = 0;
  readonly functions = new Set<string>();
  #waiting: StubInvocation[] = [];

  take(): readonly StubInvocation[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  owns(request: StubRequest): boolean {
    return request.path.startsWith("/2015-03-31/");
  }

  answer(request: StubRequest): StubAnswer {
    this.requests += 1;
    const [, name, qualifier] = invokePath.exec(request.path) ?? [];
    if (request.method !== "POST" || name === undefined) {
      throw new StubRefusal("UnknownOperationException", request.path, 404);
    }
    if (request.headers["x-amz-invocation-type"] !== "Event") {
      throw new StubRefusal("InvalidParameterValueException", "only asynchronous calls here");
    }
    const given = decodeURIComponent(name);
    const arn = qualifier === undefined ? given : `${given}:${decodeURIComponent(qualifier)}`;
    // Functions of the control plane are known by their names, and have no versions.
    if (!qualifiedArn.test(arn) && !arn.startsWith("switchyard-")) {
      throw new StubRefusal("InvalidParameterValueException", `${arn} has no qualifier`);
    }
    if (Buffer.byteLength(request.body) > asyncBytesMax) {
      throw new StubRefusal("RequestTooLargeException", "too large", 413);
    }
    if (!this.functions.has(arn)) {
      throw new StubRefusal("ResourceNotFoundException", `Function not found: ${arn}`, 404);
    }
    const requestId = randomUUID();
    this.#waiting.push({ requestId, functionArn: arn, payload: parsed(request.body) });
    return { status: 202, headers: { "x-amzn-requestid": requestId } };
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new StubRefusal("InvalidRequestContentException", "the payload is not JSON");
  }
}
