import type { Rejection } from "../../../shared/core/errors.ts";
import { canonicalJson, type JsonValue } from "../../../shared/core/json.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { TenantContext } from "../../../shared/core/tenant.ts";
import { utf8Bytes } from "../../../shared/core/texts.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { openClaimed, openInstance } from "../../../shared/instance/open-instance.ts";
import type { Submission } from "../../../shared/instance/submission.ts";
import type { Receipt } from "../../../shared/routing/receipt.ts";
import { route } from "../../../shared/routing/route.ts";
import type { Engine } from "../../runtime/engine.ts";
import type { TaskWithDefinition } from "../read-tasks.ts";
import type { RoutingAtHand } from "./routing-at-hand.ts";

export interface Prepared {
  readonly instance: Instance;
  readonly receipt: Receipt;
  /** Of the submission's content; only with an idempotency key. */
  readonly fingerprint: string | undefined;
}

/** What the latest submission became, for those that are like it. */
interface Pattern {
  readonly submission: Submission;
  readonly task: TaskWithDefinition;
  readonly inputBytes: number;
  readonly prepared: Prepared;
}

/** Turns the submissions of one request into instances; all of them have the same instant. */
export class SubmissionDesk {
  readonly #engine: Engine;
  readonly #context: TenantContext;
  readonly #routing: RoutingAtHand;
  readonly #nowMs: number;
  #pattern: Pattern | undefined;

  constructor(engine: Engine, context: TenantContext, routing: RoutingAtHand) {
    this.#engine = engine;
    this.#context = context;
    this.#routing = routing;
    this.#nowMs = engine.clock.now();
  }

  /** Batches are mostly alike, so what was decided for one is used for the next like it. */
  prepare(submission: Submission, task: TaskWithDefinition): Prepared | Rejection {
    const { input } = submission;
    const inputBytes = input === undefined ? 0 : utf8Bytes(JSON.stringify(input));
    const tooLarge = sizeRejection(submission, inputBytes);
    if (tooLarge !== undefined) return tooLarge;
    const pattern = this.#pattern;
    if (pattern !== undefined && isAlike(pattern, submission, task)) {
      const prepared = this.#prepareAlike(pattern, submission, inputBytes);
      if (prepared !== undefined) return prepared;
    }
    const prepared = this.#prepareAnew(submission, task, inputBytes);
    if (!("code" in prepared)) this.#pattern = { submission, task, inputBytes, prepared };
    return prepared;
  }

  #prepareAnew(
    submission: Submission,
    { head, definition }: TaskWithDefinition,
    inputBytes: number,
  ): Prepared | Rejection {
    const { ids } = this.#engine;
    const { backends } = this.#routing;
    const nowMs = this.#nowMs;
    const { id, fingerprint } = this.#identify(submission);
    const opening = openInstance({
      id,
      nowMs,
      tenant: this.#context.tenant,
      actor: this.#context.actor,
      definition,
      submission,
      ...(fingerprint === undefined ? {} : { fingerprint }),
    });
    if (opening.outcome === "rejected") return opening.rejection;
    const { instance } = opening;
    const { spec } = definition;
    const receipt = route({ spec, instance, inputBytes, backends, nowMs });
    if (receipt.chosen === undefined) {
      return {
        code: "no_feasible_backend",
        detail: `no backend can run this: ${receipt.reason}`,
        suggestion: "change the task's targets, needs or timeout, or the submission's backend",
      };
    }
    if (instance.dueAtMs > nowMs || head.paused !== undefined) {
      return { instance, receipt, fingerprint };
    }
    const claim = {
      name: "claim",
      attemptId: ids.newId("att", nowMs),
      token: ids.newToken(),
      backend: receipt.chosen,
      receipt,
    } as const;
    return { instance: openClaimed(instance, claim, definition), receipt, fingerprint };
  }

  /**
   * The same instance but for its identity, its attempt's, and its payloads; undefined when the size
   * of its input leads it elsewhere.
   */
  #prepareAlike(
    pattern: Pattern,
    submission: Submission,
    inputBytes: number,
  ): Prepared | undefined {
    const { ids } = this.#engine;
    const { instance: alike } = pattern.prepared;
    const receipt = this.#receiptAlike(pattern, inputBytes);
    if (receipt.chosen !== pattern.prepared.receipt.chosen) return undefined;
    const { id, fingerprint } = this.#identify(submission);
    const [attempt] = alike.attempts;
    const instance: { -readonly [Field in keyof Instance]: Instance[Field] } = {
      ...alike,
      id,
      attempts:
        attempt === undefined
          ? alike.attempts
          : [{ ...attempt, id: ids.newId("att", this.#nowMs), token: ids.newToken(), receipt }],
    };
    // Alike submissions have the same fields, so each of these replaces one that is there.
    const { input, config, idempotencyKey } = submission;
    if (input !== undefined) instance.input = input;
    if (config !== undefined) instance.config = config;
    if (idempotencyKey !== undefined && fingerprint !== undefined) {
      instance.idempotency = { key: idempotencyKey, fingerprint };
    }
    return { instance, receipt, fingerprint };
  }

  #receiptAlike({ task, inputBytes, prepared }: Pattern, wantedBytes: number): Receipt {
    if (inputBytes === wantedBytes) return prepared.receipt;
    return route({
      spec: task.definition.spec,
      instance: prepared.instance,
      inputBytes: wantedBytes,
      backends: this.#routing.backends,
      nowMs: this.#nowMs,
    });
  }

  #identify(submission: Submission): { readonly id: string; readonly fingerprint?: string } {
    const { ids } = this.#engine;
    const { idempotencyKey } = submission;
    if (idempotencyKey === undefined) return { id: ids.newId("ins", this.#nowMs) };
    return {
      id: ids.derivedInstanceId(this.#context.tenant, idempotencyKey),
      fingerprint: ids.fingerprint(contentOf(submission)),
    };
  }
}

/** Whether two submissions differ only in their payloads and keys, which decide nothing but the route. */
function isAlike(pattern: Pattern, submission: Submission, task: TaskWithDefinition): boolean {
  const like = pattern.submission;
  return (
    pattern.task === task &&
    (like.input === undefined) === (submission.input === undefined) &&
    (like.config === undefined) === (submission.config === undefined) &&
    (like.idempotencyKey === undefined) === (submission.idempotencyKey === undefined) &&
    like.tags === undefined &&
    submission.tags === undefined &&
    like.delaySeconds === submission.delaySeconds &&
    like.startAt === submission.startAt &&
    like.startBy === submission.startBy &&
    like.priority === submission.priority &&
    like.group === submission.group &&
    like.timeoutSeconds === submission.timeoutSeconds &&
    like.backend === submission.backend
  );
}

/** What must be the same when an idempotency key is used again. */
function contentOf(submission: Submission): string {
  const { idempotencyKey: _, dryRun: __, ...content } = submission;
  return canonicalJson(content as unknown as JsonValue);
}

function sizeRejection(submission: Submission, inputBytes: number): Rejection | undefined {
  if (inputBytes > limits.inputBytesMax) {
    return {
      code: "payload_too_large",
      pointer: "/input",
      detail: `the input has ${inputBytes} bytes, at most ${limits.inputBytesMax} are possible`,
      suggestion: "put the data into an object store and pass its address",
    };
  }
  if (submission.config === undefined) return undefined;
  const configBytes = utf8Bytes(JSON.stringify(submission.config));
  if (configBytes > limits.configBytesMax) {
    return {
      code: "payload_too_large",
      pointer: "/config",
      detail: `the config has ${configBytes} bytes, at most ${limits.configBytesMax} are possible`,
    };
  }
  return undefined;
}
