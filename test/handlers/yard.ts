import type { InstanceView } from "../../shared/contract/http/views.ts";
import { keys } from "../../shared/contract/keys.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import type { Deployment } from "./deployment.ts";
import {
  destinationRecord,
  type HttpOptions,
  httpEvent,
  type InvocationEnd,
  sqsEvent,
  streamEvent as streamEventOf,
} from "./lambda-events.ts";
import type { StubInvocation } from "./stub/stub-lambda.ts";

export const resizeArn = "arn:aws:lambda:us-east-1:123456789012:function:resize:live";

export interface HttpResult {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly body: any;
}

interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** Plays AWS around the functions: carries what they send to those who receive it, step by step. */
export interface Yard {
  http(options: HttpOptions): Promise<HttpResult>;
  /** Defines the task "resize", which runs on a function that exists. */
  defineTask(spec?: object): Promise<void>;
  submit(body?: object): Promise<InstanceView>;
  instance(id: string): Promise<Instance>;
  /** As if its wake had passed: the clock of the functions cannot be moved, the record can. */
  makeOverdue(id: string): Promise<void>;
  /** Hands all hints that wait to the dispatcher, ten at a time; answers with the events it got. */
  dispatch(): Promise<readonly object[]>;
  /** Lets every invocation that waits end as the function says, and hands the records on. */
  complete(play: (invocation: StubInvocation) => InvocationEnd): Promise<readonly object[]>;
  /** Hands on all changes of the stream in one batch. */
  observe(): Promise<readonly object[]>;
  /** Calls a consumer and answers with the ids that it wants again. */
  deliver(name: "dispatch" | "complete" | "observe", event: object): Promise<readonly string[]>;
}

export const succeed =
  (payload: unknown = { ok: true }) =>
  (): InvocationEnd => ({ kind: "success", payload });

export const throwError =
  (errorMessage: string, errorType = "Error") =>
  (): InvocationEnd => ({ kind: "failure", payload: { errorType, errorMessage } });

export function openYard(deployment: Deployment): Yard {
  const { functions, stub, store, stream, dispatchQueueUrl } = deployment;
  stub.lambda.functions.add(resizeArn);

  async function http(options: HttpOptions): Promise<HttpResult> {
    const answer = (await functions.api(httpEvent(options))) as {
      readonly statusCode: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    };
    const json = /json/.test(answer.headers["content-type"] ?? "");
    const body: unknown = json ? JSON.parse(answer.body) : answer.body;
    return { status: answer.statusCode, headers: answer.headers, body };
  }

  async function deliver(name: "dispatch" | "complete" | "observe", event: object) {
    const answer = (await functions[name](event)) as BatchAnswer;
    return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  }

  async function deliverAll(name: "dispatch" | "complete", bodies: readonly string[]) {
    const events: object[] = [];
    for (let start = 0; start < bodies.length; start += 10) {
      const event = sqsEvent(bodies.slice(start, start + 10), name);
      await deliver(name, event);
      events.push(event);
    }
    return events;
  }

  return {
    http,
    deliver,
    async defineTask(spec = {}) {
      const body = { run: { lambda: { functionArn: resizeArn } }, ...spec };
      const { status } = await http({ method: "PUT", path: "/v1/tasks/resize", body });
      if (status !== 200 && status !== 201) throw new TypeError(`defining answered ${status}`);
    },
    async submit(body = {}) {
      const answer = await http({
        method: "POST",
        path: "/v1/instances",
        body: { task: "resize", ...body },
      });
      if (answer.status !== 202) throw new TypeError(JSON.stringify(answer));
      return answer.body;
    },
    async instance(id) {
      const record = await store.get(keys.instance("default", id));
      if (record === undefined) throw new TypeError(`no instance ${id}`);
      return record.body as unknown as Instance;
    },
    async makeOverdue(id) {
      const instance = await this.instance(id);
      const pastMs = Date.now() - 1_000;
      const body: Instance = {
        ...instance,
        version: instance.version + 1,
        wakeAtMs: pastMs,
        dueAtMs: Math.min(instance.dueAtMs, pastMs),
      };
      const record = { key: keys.instance("default", id), type: "instance", body } as const;
      const change = { kind: "put", expect: instance.version, record } as const;
      const { outcome } = await store.write([change]);
      if (outcome !== "wrote") throw new TypeError(`${id} was written by somebody else`);
    },
    dispatch: () =>
      deliverAll(
        "dispatch",
        stub.sqs.take(dispatchQueueUrl).map(({ body }) => body),
      ),
    complete: (play) =>
      deliverAll(
        "complete",
        stub.lambda.take().map((invocation) => destinationRecord(invocation, play(invocation))),
      ),
    async observe() {
      const records = await stream.take();
      if (records.length === 0) return [];
      const event = streamEventOf(records);
      await deliver("observe", event);
      return [event];
    },
  };
}
