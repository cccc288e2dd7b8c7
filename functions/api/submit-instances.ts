import { keys } from "../../shared/contract/keys.ts";
import { type Rejection, TransientError } from "../../shared/core/errors.ts";
import { canonicalJson, type JsonValue } from "../../shared/core/json.ts";
import { limits } from "../../shared/core/limits.ts";
import { nearestName } from "../../shared/core/nearest-name.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import { utf8Bytes } from "../../shared/core/texts.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { openClaimed, openInstance } from "../../shared/instance/open-instance.ts";
import type { Submission } from "../../shared/instance/submission.ts";
import type { Hint } from "../../shared/ports/hints.ts";
import type { Receipt } from "../../shared/routing/receipt.ts";
import { route } from "../../shared/routing/route.ts";
import type { TaskHead, TaskVersion } from "../../shared/task/task.ts";
import type { Engine } from "../runtime/engine.ts";
import { instanceRecord } from "../runtime/instances.ts";
import { hintFor } from "../runtime/wake-hints.ts";
import { taskNotFound } from "./result.ts";

export type SubmitResult =
  /** Durable; `repeated` when the idempotency key had made this instance before. */
  | { readonly outcome: "accepted"; readonly instance: Instance; readonly repeated: boolean }
  | { readonly outcome: "planned"; readonly instance: Instance; readonly receipt: Receipt }
  | { readonly outcome: "rejected"; readonly rejection: Rejection };

interface Prepared {
  readonly instance: Instance;
  readonly receipt: Receipt;
  readonly fingerprint: string | undefined;
}

/**
 * Submits up to a batch of instances: each is validated, routed and written on its own, and has its
 * own answer. Hints go out only after the writes; a lost hint costs time, never an instance.
 */
export async function submitInstances(
  engine: Engine,
  context: TenantContext,
  submissions: readonly Submission[],
): Promise<readonly SubmitResult[]> {
  const tasks = new TaskLookup(engine, context.tenant);
  const hints: Hint[] = [];
  const results = await Promise.all(
    submissions.map(async (submission): Promise<SubmitResult> => {
      const task = await tasks.find(submission);
      if ("code" in task) return { outcome: "rejected", rejection: task };
      const prepared = prepare(engine, context, submission, task);
      if ("code" in prepared) return { outcome: "rejected", rejection: prepared };
      if (submission.dryRun === true) {
        return { outcome: "planned", instance: prepared.instance, receipt: prepared.receipt };
      }
      const result = await save(engine, prepared);
      if (result.outcome === "accepted") {
        const hint = hintFor(result.instance, engine.clock.now());
        if (hint !== undefined) hints.push(hint);
      }
      return result;
    }),
  );
  if (hints.length > 0) await engine.hints.send(hints);
  return results;
}

async function save(engine: Engine, prepared: Prepared): Promise<SubmitResult> {
  const { instance, fingerprint } = prepared;
  try {
    const result = await engine.store.write([
      { kind: "put", record: instanceRecord(instance), expect: "absent" },
    ]);
    if (result.outcome === "wrote") return { outcome: "accepted", instance, repeated: false };
    const present = result.conflicts[0]?.current?.body as unknown as Instance | undefined;
    if (present === undefined) throw new TransientError("the store lost an instance's condition");
    if (present.idempotency?.fingerprint === fingerprint && fingerprint !== undefined) {
      return { outcome: "accepted", instance: present, repeated: true };
    }
    return {
      outcome: "rejected",
      rejection: {
        code: "idempotency_conflict",
        detail: `the idempotency key was used for instance ${present.id} with different content`,
        pointer: "/idempotencyKey",
        suggestion: "use a new key for new content, or repeat the first submission unchanged",
      },
    };
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    engine.log.warn("submission not acknowledged", {
      instanceId: instance.id,
      cause: error.message,
    });
    return {
      outcome: "rejected",
      rejection: {
        code: "unavailable",
        detail: "the store did not confirm the write, so nothing is acknowledged",
        suggestion: "submit again with the same idempotency key",
      },
    };
  }
}

function prepare(
  engine: Engine,
  context: TenantContext,
  submission: Submission,
  task: { readonly head: TaskHead; readonly definition: TaskVersion },
): Prepared | Rejection {
  const inputText = submission.input === undefined ? "" : JSON.stringify(submission.input);
  const inputBytes = utf8Bytes(inputText);
  const tooLarge = sizeRejection(submission, inputBytes);
  if (tooLarge !== undefined) return tooLarge;
  const nowMs = engine.clock.now();
  const { tenant } = context;
  const { idempotencyKey, dryRun: _, ...content } = submission;
  const fingerprint =
    idempotencyKey === undefined
      ? undefined
      : engine.ids.fingerprint(canonicalJson(content as unknown as JsonValue));
  const opening = openInstance({
    id:
      idempotencyKey === undefined
        ? engine.ids.newId("ins", nowMs)
        : engine.ids.derivedInstanceId(tenant, idempotencyKey),
    nowMs,
    tenant,
    actor: context.actor,
    definition: task.definition,
    submission,
    ...(fingerprint === undefined ? {} : { fingerprint }),
  });
  if (opening.outcome === "rejected") return opening.rejection;
  const receipt = route({
    spec: task.definition.spec,
    instance: opening.instance,
    inputBytes,
    backends: engine.backendFacts,
    nowMs,
  });
  if (receipt.chosen === undefined) {
    return {
      code: "no_feasible_backend",
      detail: `no backend can run this: ${receipt.reason}`,
      suggestion: "change the task's targets, needs or timeout, or the submission's backend",
    };
  }
  const claimable = opening.instance.dueAtMs <= nowMs && task.head.paused === undefined;
  const instance = claimable
    ? openClaimed(
        opening.instance,
        {
          name: "claim",
          attemptId: engine.ids.newId("att", nowMs),
          token: engine.ids.newToken(),
          backend: receipt.chosen,
          receipt,
        },
        task.definition,
      )
    : opening.instance;
  return { instance, receipt, fingerprint };
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
  const configBytes =
    submission.config === undefined ? 0 : utf8Bytes(JSON.stringify(submission.config));
  if (configBytes > limits.configBytesMax) {
    return {
      code: "payload_too_large",
      pointer: "/config",
      detail: `the config has ${configBytes} bytes, at most ${limits.configBytesMax} are possible`,
    };
  }
  return undefined;
}

/** Finds each task of a batch once. */
class TaskLookup {
  readonly #engine: Engine;
  readonly #tenant: string;
  readonly #heads = new Map<string, Promise<TaskHead | undefined>>();
  #names: Promise<readonly string[]> | undefined;

  constructor(engine: Engine, tenant: string) {
    this.#engine = engine;
    this.#tenant = tenant;
  }

  async find(
    submission: Submission,
  ): Promise<Rejection | { head: TaskHead; definition: TaskVersion }> {
    const { task, version } = submission;
    let head = this.#heads.get(task);
    if (head === undefined) {
      head = this.#engine.definitions.head(this.#tenant, task);
      this.#heads.set(task, head);
    }
    const found = await head;
    if (found === undefined) return taskNotFound(task, await this.#suggestion(task));
    const wanted = version ?? found.latestVersion;
    const definition = await this.#engine.definitions.version(this.#tenant, task, wanted);
    if (definition !== undefined) return { head: found, definition };
    return {
      code: "task_version_not_found",
      pointer: "/version",
      detail: `task ${task} has no version ${wanted}`,
      suggestion: `its newest version is ${found.latestVersion}`,
    };
  }

  async #suggestion(name: string): Promise<string | undefined> {
    this.#names ??= this.#engine.store
      .query({
        index: "primary",
        partition: keys.taskHead(this.#tenant, "").pk,
        order: "ascending",
        limit: limits.storePageMax,
      })
      .then((candidates) => candidates.map((candidate) => candidate.key.sk));
    const nearest = nearestName(name, await this.#names);
    return nearest === undefined ? undefined : `did you mean "${nearest}"?`;
  }
}
