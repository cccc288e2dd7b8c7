import {
  historyToView,
  instancePath,
  instanceToSummary,
  instanceToView,
} from "../../shared/contract/http/instance-to-view.ts";
import { receiptToView } from "../../shared/contract/http/receipt-to-view.ts";
import { assert, type Rejection, RejectionError } from "../../shared/core/errors.ts";
import { IdempotencyKey } from "../../shared/core/texts.ts";
import {
  type Inherited,
  inheritedBy,
  type TraceContext,
  traceOfHeaders,
} from "../../shared/core/trace-context.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import type { Submission } from "../../shared/instance/submission.ts";
import { instanceNotFound } from "../runtime/result.ts";
import { cancelInstance, retryInstance } from "../submission/act-on-instance.ts";
import { submitInstances } from "../submission/submit-instances.ts";
import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { findInstances, getInstance } from "./find-instances.ts";
import { explainInstance } from "./instances/explain-instance.ts";
import { listInstances } from "./instances/list-instances.ts";
import { purgeInstances } from "./instances/purge-instances.ts";
import { readLogs, recordedLogs } from "./instances/read-logs.ts";
import { routingOfInstance } from "./instances/routing-of-instance.ts";
import { viewsWithinBytes } from "./instances/views-within-bytes.ts";
import { answerBatch } from "./submission/answer-batch.ts";
import { answer, answerText, problem } from "./wire/answers.ts";

type InstanceHandlers = Pick<
  Handlers,
  | "submitInstance"
  | "submitInstances"
  | "lookupInstances"
  | "listInstances"
  | "getInstance"
  | "getInstanceHistory"
  | "getInstanceRouting"
  | "explainInstance"
  | "getInstanceLogs"
  | "cancelInstance"
  | "retryInstance"
  | "purgeInstances"
>;

export function instanceHandlers(deps: ApiDeps): InstanceHandlers {
  const { engine, logs = recordedLogs(deps.engine.store) } = deps;
  const load = (tenant: string, id: string): Promise<Instance> => getInstance(engine, tenant, id);
  return {
    async submitInstance({ context, body, request }) {
      const submission = withKeyOfHeader(body, request.headers.get("idempotency-key"));
      const [trace, inherited] = [traceOf(request), inheritedOf(request)];
      const [result] = await submitInstances(engine, context, [submission], trace, inherited);
      assert(result !== undefined, "a submission has no result");
      switch (result.outcome) {
        case "accepted":
          return instanceAnswer(result.instance, result.repeated ? 200 : 202);
        case "planned":
          return answer(200, {
            dryRun: true,
            instance: instanceToView(result.instance),
            receipt: receiptToView(result.receipt),
            ...(result.note === undefined ? {} : { note: result.note }),
            ...(result.cost === undefined ? {} : { cost: result.cost }),
          });
        case "rejected":
          return problem(result.rejection);
      }
    },
    async submitInstances({ context, body, request }) {
      const [trace, inherited] = [traceOf(request), inheritedOf(request)];
      return answerText(200, await answerBatch(engine, context, body.items, trace, inherited));
    },
    async lookupInstances({ context, body, request }) {
      const found = await findInstances(deps, context.tenant, body.ids, {
        waitMs: (body.waitSeconds ?? 0) * 1_000,
        signal: request.signal,
      });
      return answer(200, { items: viewsWithinBytes(found) });
    },
    async listInstances({ context, query }) {
      const { instances, ...page } = await listInstances(engine, context.tenant, query);
      const items = instances.map((instance) => instanceToSummary(instance));
      return answer(200, { items, ...page });
    },
    async getInstance({ context, params, query, request }) {
      const waitMs = (query.waitSeconds ?? 0) * 1_000;
      const patience = waitMs === 0 ? { waitMs } : { waitMs, signal: request.signal };
      const [instance] = await findInstances(deps, context.tenant, [params.id], patience);
      if (instance === undefined) throw new RejectionError(instanceNotFound(params.id));
      return answer(200, instanceToView(instance));
    },
    async getInstanceHistory({ context, params }) {
      return answer(200, historyToView(await load(context.tenant, params.id)));
    },
    async getInstanceRouting({ context, params }) {
      const instance = await load(context.tenant, params.id);
      return answer(200, await routingOfInstance(engine, instance));
    },
    async explainInstance({ context, params }) {
      return answer(200, await explainInstance(engine, await load(context.tenant, params.id)));
    },
    async getInstanceLogs({ context, params }) {
      return answer(200, await readLogs(logs, await load(context.tenant, params.id)));
    },
    async cancelInstance({ context, params, body }) {
      return instanceAnswer(await cancelInstance(engine, context, params.id, body.reason), 202);
    },
    async retryInstance({ context, params, body }) {
      return instanceAnswer(await retryInstance(engine, context, params.id, body.reason), 202);
    },
    async purgeInstances({ context, body }) {
      return answer(200, await purgeInstances(engine, context.tenant, body));
    },
  };
}

function instanceAnswer(instance: Instance, status: number): Response {
  return answer(status, instanceToView(instance), { location: instancePath(instance.id) });
}

function traceOf({ headers }: Request): TraceContext | undefined {
  return traceOfHeaders({
    traceparent: headers.get("traceparent"),
    tracestate: headers.get("tracestate"),
    baggage: headers.get("baggage"),
  });
}

function inheritedOf({ headers }: Request): Inherited {
  return inheritedBy(headers.get("baggage"));
}

/** The header and the body's field mean the same thing, so they must not disagree. */
function withKeyOfHeader(submission: Submission, header: string | null): Submission {
  if (header === null) return submission;
  const key = IdempotencyKey.safeParse(header);
  if (!key.success) {
    const detail = `Idempotency-Key ${key.error.issues[0]?.message ?? "is not valid"}`;
    throw new RejectionError({ code: "invalid_field", detail, pointer: "Idempotency-Key" });
  }
  if (submission.idempotencyKey !== undefined && submission.idempotencyKey !== key.data) {
    const rejection: Rejection = {
      code: "invalid_field",
      detail: "the header Idempotency-Key and the body's idempotencyKey differ",
      pointer: "/idempotencyKey",
      suggestion: "give one of them",
    };
    throw new RejectionError(rejection);
  }
  return { ...submission, idempotencyKey: key.data };
}
