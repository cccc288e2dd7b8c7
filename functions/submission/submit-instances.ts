import { errorCodes } from "../../shared/core/error-codes.ts";
import { type Rejection, TransientError } from "../../shared/core/errors.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Inherited, TraceContext } from "../../shared/core/trace-context.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import type { Submission } from "../../shared/instance/submission.ts";
import type { Hint } from "../../shared/ports/hints.ts";
import type { Change, Conflict, WriteResult } from "../../shared/ports/store.ts";
import type { CostBand } from "../../shared/routing/cost-band.ts";
import type { Receipt } from "../../shared/routing/receipt.ts";
import { noteOfGates } from "../gates/note-of-gates.ts";
import type { Engine } from "../runtime/engine.ts";
import { instanceRecord } from "../runtime/instances.ts";
import { notAcknowledged } from "../runtime/result.ts";
import { hintFor } from "../runtime/wake-hints.ts";
import { type Applicant, refusedAtTheDoor } from "./admission.ts";
import { FoundTasks } from "./find-tasks.ts";
import type { Arrival } from "./gather/arrival.ts";
import { planLined } from "./gather/plan-lined.ts";
import { isLined, submitLined } from "./gather/submit-lined.ts";
import { keyUsedOtherwise } from "./key-used-otherwise.ts";
import { plannedCost } from "./planned-cost.ts";
import { type Prepared, type Stamp, SubmissionDesk } from "./prepare-submission.ts";
import { gatherRouting } from "./routing-at-hand.ts";
import { claimOfUpload, UploadedInputs, uploadTaken } from "./uploaded-inputs.ts";

export type SubmitResult =
  /** Durable; `repeated` when the idempotency key had made this instance before. */
  | { readonly outcome: "accepted"; readonly instance: Instance; readonly repeated: boolean }
  | {
      readonly outcome: "planned";
      readonly instance: Instance;
      readonly receipt: Receipt;
      /** What else would happen, in a sentence. */
      readonly note?: string;
      /** Of one attempt where it would go now; absent where nothing takes it. */
      readonly cost?: CostBand;
    }
  | { readonly outcome: "rejected"; readonly rejection: Rejection };

export type OwnSubmitResult =
  | SubmitResult
  /**
   * What was to be written together with it was written by somebody else meanwhile; nothing was.
   * The conflicts count from the first of the extra changes.
   */
  | { readonly outcome: "overtaken"; readonly conflicts: readonly Conflict[] };

/** A submission by the control plane itself: of a schedule's slot, or for an event. */
export interface OwnSubmission extends Stamp {
  readonly submission: Submission;
  /**
   * Written together with the instance: both or neither. As a function where it names the instance:
   * of a task that gathers or has one at a time, that may be another one than the stamp's.
   */
  readonly extra?: readonly Change[] | ((instanceId: string) => readonly Change[]);
}

/**
 * Submits up to a batch of instances: each is validated, routed and written on its own, and has its
 * own answer. Hints go out only after the writes; a lost hint costs time, never an instance.
 * Everything between looking up the tasks and writing is done at once, without a promise per item.
 */
export async function submitInstances(
  engine: Engine,
  context: TenantContext,
  submissions: readonly Submission[],
  trace?: TraceContext,
  inherited?: Inherited,
): Promise<readonly SubmitResult[]> {
  const { tenant, actor } = context;
  const [uploads, tasks, routing] = await Promise.all([
    UploadedInputs.of(engine, tenant, submissions),
    FoundTasks.of(engine, tenant, submissions),
    gatherRouting(engine, tenant, new Set(submissions.map(({ task }) => task))),
  ]);
  const desk = new SubmissionDesk(engine, context, routing, trace, inherited);
  const results: SubmitResult[] = [];
  const applicants: Applying[] = [];
  const lined: LinedPlace[] = [];
  for (const submission of submissions) {
    const task = tasks.get(submission);
    if ("code" in task) {
      results.push({ outcome: "rejected", rejection: task });
      continue;
    }
    const prepared = uploads.rejectionOf(submission) ?? desk.prepare(submission, task);
    if ("code" in prepared) {
      results.push({ outcome: "rejected", rejection: prepared });
      continue;
    }
    const { definition } = task;
    const { instance, receipt, fingerprint } = prepared;
    const applicant = { prepared, definition, isKnownById: fingerprint !== undefined };
    const place = results.length;
    if (submission.dryRun !== true) {
      applicants.push({ ...applicant, place });
    } else if (isLined(definition.spec)) {
      lined.push({ place, arrival: { ...applicant, actor }, isDry: true });
    }
    const cost = submission.dryRun === true ? plannedCost(applicant, routing) : undefined;
    results.push({
      outcome: "planned",
      instance,
      receipt,
      ...(cost === undefined ? {} : { cost }),
    });
  }
  const refusals = await refusedAtTheDoor(engine, tenant, routing, applicants);
  const saving: { readonly place: number; readonly prepared: Prepared }[] = [];
  const writes: Promise<WriteResult>[] = [];
  for (const applicant of applicants) {
    const { place, prepared, definition } = applicant;
    const rejection = refusals.get(applicant);
    if (rejection !== undefined) {
      results[place] = { outcome: "rejected", rejection };
    } else if (isLined(definition.spec)) {
      lined.push({ place, arrival: { ...applicant, actor }, isDry: false });
      results[place] = { outcome: "rejected", rejection: notAcknowledged };
    } else {
      const { instance } = prepared;
      saving.push({ place, prepared });
      results[place] = { outcome: "accepted", instance, repeated: false };
      writes.push(engine.store.write(changesFor(instance)));
    }
  }
  const settled = await Promise.allSettled(writes);
  for (const [index, { place, prepared }] of saving.entries()) {
    const result = settled[index];
    if (result?.status === "fulfilled" && result.value.outcome === "wrote") continue;
    results[place] = unwritten(engine, prepared, result);
  }
  await sendHints(engine, results);
  await placeLined(engine, lined, results);
  await notePlans(engine, results);
  return results;
}

/** Says of dry runs where they would wait, unless there is something better to say of them. */
async function notePlans(engine: Engine, results: SubmitResult[]): Promise<void> {
  for (const [place, result] of results.entries()) {
    if (result.outcome !== "planned" || result.note !== undefined) continue;
    const note = await noteOfGates(engine, result.instance);
    if (note !== undefined) results[place] = { ...result, note };
  }
}

/** A submission that would be written, and where its answer goes. */
interface Applying extends Applicant {
  readonly place: number;
}

/** A submission whose task has at most one open instance or gathers, and where its answer goes. */
interface LinedPlace {
  readonly place: number;
  readonly arrival: Arrival;
  readonly isDry: boolean;
}

async function placeLined(
  engine: Engine,
  lined: readonly LinedPlace[],
  results: SubmitResult[],
): Promise<void> {
  for (const { place, arrival } of lined.filter(({ isDry }) => isDry)) {
    const [planned, opened] = [await planLined(engine, arrival), results[place]];
    const cost = opened?.outcome === "planned" ? opened.cost : undefined;
    const hasCost = planned.outcome === "planned" && cost !== undefined;
    results[place] = hasCost ? { ...planned, cost } : planned;
  }
  const submitted = lined.filter(({ isDry }) => !isDry);
  const answers = await submitLined(
    engine,
    submitted.map(({ arrival }) => arrival),
  );
  for (const [index, { place }] of submitted.entries()) {
    const answer = answers[index];
    // Without changes of its own, nothing can be overtaken.
    if (answer !== undefined && answer.outcome !== "overtaken") results[place] = answer;
  }
}

/** Submits what a schedule or an event asks for: as often as it is repeated, it is one instance. */
export async function submitOwn(
  engine: Engine,
  context: TenantContext,
  own: OwnSubmission,
): Promise<OwnSubmitResult> {
  const { tenant } = context;
  const { submission: asked, extra = [] } = own;
  const [tasks, routing] = await Promise.all([
    FoundTasks.of(engine, tenant, [asked]),
    gatherRouting(engine, tenant, new Set([asked.task])),
  ]);
  const task = tasks.get(asked);
  if ("code" in task) return { outcome: "rejected", rejection: task };
  const { definition } = task;
  const submission = definition.spec.gather === undefined ? asked : withoutTimes(asked);
  const extraOf = typeof extra === "function" ? extra : () => extra;
  const prepared = new SubmissionDesk(engine, context, routing).prepare(submission, task, own);
  if ("code" in prepared) return { outcome: "rejected", rejection: prepared };
  const applicant = { prepared, definition, isKnownById: true };
  const refusals = await refusedAtTheDoor(engine, tenant, routing, [applicant]);
  const rejection = refusals.get(applicant);
  if (rejection !== undefined) return { outcome: "rejected", rejection };
  if (isLined(definition.spec)) {
    const bare = extra.length === 0 && typeof extra !== "function";
    const arrival = { ...applicant, actor: context.actor, ...(bare ? {} : { extraOf }) };
    const [answer = { outcome: "rejected", rejection: notAcknowledged } as const] =
      await submitLined(engine, [arrival]);
    if (answer.outcome === "rejected" && errorCodes[answer.rejection.code].retryable) {
      // Others kept winning or the store did not answer: no verdict on what was asked for.
      throw new TransientError(answer.rejection.detail);
    }
    return answer;
  }
  const { instance } = prepared;
  const base = changesFor(instance);
  const written = await engine.store.write([...base, ...extraOf(instance.id)]);
  let result: SubmitResult = { outcome: "accepted", instance, repeated: false };
  if (written.outcome === "lost") {
    const present = written.conflicts.find(({ changeIndex }) => changeIndex === 0)?.current;
    if (present === undefined) {
      const conflicts = written.conflicts.map(({ changeIndex, current }) => ({
        changeIndex: changeIndex - base.length,
        current,
      }));
      return { outcome: "overtaken", conflicts };
    }
    result = {
      outcome: "accepted",
      instance: present.body as unknown as Instance,
      repeated: true,
    };
  }
  await sendHints(engine, [result]);
  return result;
}

/** A task that gathers decides itself when it starts. */
function withoutTimes({ startAt: _, startBy: __, delaySeconds: ___, ...timeless }: Submission) {
  return timeless;
}

function changesFor(instance: Instance): readonly Change[] {
  const put: Change = { kind: "put", record: instanceRecord(instance), expect: "absent" };
  const { inputRef } = instance;
  return inputRef === undefined ? [put] : [put, claimOfUpload(instance, inputRef)];
}

/** What a submission's answer is when its write did not simply succeed. */
function unwritten(
  engine: Engine,
  { instance, fingerprint }: Prepared,
  result: PromiseSettledResult<WriteResult> | undefined,
): SubmitResult {
  if (result?.status !== "fulfilled" || result.value.outcome === "wrote") {
    const cause: unknown = result?.status === "rejected" ? result.reason : undefined;
    if (!(cause instanceof TransientError)) throw cause;
    engine.log.warn("submission not acknowledged", {
      instanceId: instance.id,
      task: instance.task,
      cause: cause.message,
    });
    return { outcome: "rejected", rejection: notAcknowledged };
  }
  const [conflict] = result.value.conflicts;
  if (conflict?.changeIndex === 1 && instance.inputRef !== undefined) {
    return { outcome: "rejected", rejection: uploadTaken(instance.inputRef, conflict) };
  }
  const present = conflict?.current?.body as unknown as Instance | undefined;
  if (present === undefined) {
    throw new TransientError(`the store refused ${instance.id} as present and then had none`);
  }
  // Ids without a key are random, so what is there is our own write, repeated by an adapter.
  if (fingerprint === undefined) return { outcome: "accepted", instance: present, repeated: false };
  if (present.idempotency?.fingerprint === fingerprint) {
    return { outcome: "accepted", instance: present, repeated: true };
  }
  return {
    outcome: "rejected",
    rejection: keyUsedOtherwise(present.id),
  };
}

/** Also for repeated ones: the hint of the first time may have been lost. */
async function sendHints(engine: Engine, results: readonly SubmitResult[]): Promise<void> {
  const nowMs = engine.clock.now();
  const hints: Hint[] = [];
  for (const result of results) {
    if (result.outcome !== "accepted") continue;
    const hint = hintFor(result.instance, nowMs);
    if (hint !== undefined) hints.push(hint);
  }
  if (hints.length > 0) await engine.hints.send(hints);
}
