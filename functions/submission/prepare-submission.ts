import type { Rejection } from "../../shared/core/errors.ts";
import { canonicalJson, type JsonValue } from "../../shared/core/json.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import { utf8Bytes } from "../../shared/core/texts.ts";
import type { Inherited, TraceContext } from "../../shared/core/trace-context.ts";
import { confinementOf } from "../../shared/group/confinement.ts";
import type { Instance, Origin } from "../../shared/instance/instance.ts";
import { openClaimed, openHeld, openInstance } from "../../shared/instance/open-instance.ts";
import type { Submission } from "../../shared/instance/submission.ts";
import { isGated } from "../../shared/limit/gates-of.ts";
import { pauseHolding } from "../../shared/limit/pauses.ts";
import { rulesFor } from "../../shared/routing/experiment.ts";
import { type Receipt, waitsForCapacity } from "../../shared/routing/receipt.ts";
import { route } from "../../shared/routing/route.ts";
import { termsOf } from "../../shared/routing/terms.ts";
import type { TaskVersion } from "../../shared/task/task.ts";
import type { Engine } from "../runtime/engine.ts";
import type { GateFacts } from "../runtime/gate-source.ts";
import type { TaskWithDefinition } from "../tasks/read-tasks.ts";
import { linedProblem } from "./gather/lined-problem.ts";
import type { RoutingAtHand } from "./routing-at-hand.ts";

export interface Prepared {
  readonly instance: Instance;
  readonly receipt: Receipt;
  /** Of the submission's content; only with an idempotency key. */
  readonly fingerprint: string | undefined;
}

/** What is fixed beforehand, where no client submits. */
export interface Stamp {
  /** Derived from what submits it, so that submitting it again finds the same instance. */
  readonly id: string;
  readonly origin: Origin;
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
  readonly #trace: TraceContext | undefined;
  readonly #inherited: Inherited | undefined;
  readonly #nowMs: number;
  #pattern: Pattern | undefined;

  constructor(
    engine: Engine,
    context: TenantContext,
    routing: RoutingAtHand,
    trace?: TraceContext,
    inherited?: Inherited,
  ) {
    this.#engine = engine;
    this.#context = context;
    this.#routing = routing;
    this.#trace = trace;
    this.#inherited = inherited;
    this.#nowMs = engine.clock.now();
  }

  /** Batches are mostly alike, so what was decided for one is used for the next like it. */
  prepare(submission: Submission, task: TaskWithDefinition, stamp?: Stamp): Prepared | Rejection {
    const { input, inputRef } = submission;
    const inlineBytes = input === undefined ? 0 : utf8Bytes(JSON.stringify(input));
    const inputBytes = inputRef?.bytes ?? inlineBytes;
    const refusal =
      sizeRejection(submission, inlineBytes) ??
      linedProblem(submission, task.definition.spec, inlineBytes) ??
      switchedOff(this.#routing.gates);
    if (refusal !== undefined) return refusal;
    if (stamp !== undefined) return this.#prepareAnew(submission, task, stamp, inputBytes);
    const identity = this.#identify(submission);
    const pattern = this.#pattern;
    if (pattern !== undefined && isAlike(pattern, submission, task)) {
      const prepared = this.#prepareAlike(pattern, submission, identity, inputBytes);
      if (prepared !== undefined) return prepared;
    }
    const prepared = this.#prepareAnew(submission, task, identity, inputBytes);
    if (!("code" in prepared)) this.#pattern = { submission, task, inputBytes, prepared };
    return prepared;
  }

  #prepareAnew(
    submission: Submission,
    { head, definition }: TaskWithDefinition,
    { id, fingerprint, origin }: Identity,
    inputBytes: number,
  ): Prepared | Rejection {
    const { ids } = this.#engine;
    const nowMs = this.#nowMs;
    const opening = openInstance({
      id,
      nowMs,
      tenant: this.#context.tenant,
      actor: this.#context.actor,
      definition,
      submission,
      ...(this.#trace === undefined ? {} : { trace: this.#trace }),
      inherited: this.#inherited,
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(origin === undefined ? {} : { origin }),
    });
    if (opening.outcome === "rejected") return opening.rejection;
    const { instance } = opening;
    const { spec } = definition;
    const receipt = this.#route(definition, instance, inputBytes);
    const backend = this.#routing.backends.find(({ name }) => name === receipt.chosen);
    if (backend === undefined && !waitsForCapacity(receipt)) return noFeasibleBackend(receipt);
    const isHeld = head.paused !== undefined || spec.gather !== undefined;
    if (instance.dueAtMs > nowMs || isHeld || mustAsk(instance, spec, this.#routing.gates)) {
      return { instance, receipt, fingerprint };
    }
    if (backend === undefined) {
      const reason = `nothing takes it now: ${receipt.reason}`;
      const hold = { name: "hold", waiting: "capacity", reason } as const;
      return { instance: openHeld(instance, hold, definition), receipt, fingerprint };
    }
    const claim = {
      name: "claim",
      attemptId: ids.newId("att", nowMs),
      token: ids.newToken(),
      backend: backend.name,
      terms: termsOf(receipt, backend, spec, instance),
      receipt,
    } as const;
    return { instance: openClaimed(instance, claim, definition), receipt, fingerprint };
  }

  /**
   * The same instance but for its identity, its attempt's, and its payloads; undefined when the size
   * of its input or its side of an experiment leads it elsewhere.
   */
  #prepareAlike(
    pattern: Pattern,
    submission: Submission,
    { id, fingerprint }: Identity,
    inputBytes: number,
  ): Prepared | undefined {
    const { ids } = this.#engine;
    const { instance: alike, receipt: usual } = pattern.prepared;
    const receipt = this.#receiptAlike(pattern, id, inputBytes);
    if (receipt !== usual && !grantsTheSame(receipt, usual)) return undefined;
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
    const { input, inputRef, config, idempotencyKey } = submission;
    if (input !== undefined) instance.input = input;
    if (inputRef !== undefined) instance.inputRef = inputRef;
    if (config !== undefined) instance.config = config;
    if (idempotencyKey !== undefined && fingerprint !== undefined) {
      instance.idempotency = { key: idempotencyKey, fingerprint };
    }
    return { instance, receipt, fingerprint };
  }

  #receiptAlike({ task, inputBytes, prepared }: Pattern, id: string, wantedBytes: number): Receipt {
    const { instance, receipt } = prepared;
    const { arm } = rulesFor(this.#routing.rules, id);
    if (inputBytes === wantedBytes && arm?.arm === receipt.experiment?.arm) return receipt;
    // As it was before its first claim.
    const opened = { ...instance, id, attempts: [] };
    return this.#route(task.definition, opened, wantedBytes);
  }

  #route({ name, spec }: TaskVersion, instance: Instance, inputBytes: number): Receipt {
    const { rules, backends, profiles, gates } = this.#routing;
    const profile = profiles.get(name);
    const confinement = confinementOf(instance.group, gates.groups);
    const nowMs = this.#nowMs;
    return route({ rules, backends, profile, spec, instance, inputBytes, confinement, nowMs });
  }

  #identify(submission: Submission): Identity {
    const { ids } = this.#engine;
    const { idempotencyKey } = submission;
    if (idempotencyKey === undefined) return { id: ids.newId("ins", this.#nowMs) };
    return {
      id: ids.derivedInstanceId(this.#context.tenant, idempotencyKey),
      fingerprint: ids.fingerprint(contentOf(submission)),
    };
  }
}

interface Identity {
  readonly id: string;
  readonly fingerprint?: string;
  readonly origin?: Origin;
}

/** Whether two receipts lead to the same attempt; what none was chosen for waits for its own reason. */
function grantsTheSame(receipt: Receipt, usual: Receipt): boolean {
  return (
    receipt.chosen !== undefined &&
    receipt.chosen === usual.chosen &&
    receipt.memoryMb === usual.memoryMb
  );
}

/** Who needs a slot, a start or money is claimed by the dispatcher, which asks for them. */
function mustAsk(instance: Instance, spec: TaskVersion["spec"], gates: GateFacts): boolean {
  return pauseHolding(instance, gates) !== undefined || isGated(instance, spec, gates);
}

/** While everything is switched off, nothing is accepted. */
function switchedOff({ settings }: GateFacts): Rejection | undefined {
  const stopped = settings?.stopped;
  if (stopped?.kind !== "off") return undefined;
  const because = stopped.reason === undefined ? "" : `: ${stopped.reason}`;
  return {
    code: "switched_off",
    detail: `${stopped.by} switched everything off${because}`,
    suggestion: "an administrator lets work in again with POST /v1/tenant/resume",
  };
}

function noFeasibleBackend({ reason }: Receipt): Rejection {
  return {
    code: "no_feasible_backend",
    detail: `no backend can run this: ${reason}`,
    suggestion: "change the task's targets, needs or timeout, or the submission's backend",
  };
}

/** Whether two submissions differ only in their payloads and keys, which decide nothing but the route. */
function isAlike(pattern: Pattern, submission: Submission, task: TaskWithDefinition): boolean {
  const like = pattern.submission;
  return (
    pattern.task === task &&
    pattern.prepared.instance.gateKeys === undefined &&
    (like.input === undefined) === (submission.input === undefined) &&
    (like.inputRef === undefined) === (submission.inputRef === undefined) &&
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
  const { idempotencyKey: _, dryRun: __, inputRef, ...rest } = submission;
  if (inputRef === undefined) return canonicalJson(rest as unknown as JsonValue);
  // Uploading the same content again gives another id.
  const { bytes, sha256 } = inputRef;
  return canonicalJson({ ...rest, inputRef: { bytes, sha256 } } as unknown as JsonValue);
}

function sizeRejection(submission: Submission, inputBytes: number): Rejection | undefined {
  if (inputBytes > limits.inputBytesMax) {
    return {
      code: "payload_too_large",
      pointer: "/input",
      detail: `the input has ${inputBytes} bytes, at most ${limits.inputBytesMax} are possible`,
      suggestion: "upload it with POST /v1/payloads and submit inputRef; the SDK does so by itself",
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
