import type { JsonObject, JsonValue } from "../../shared/core/json.ts";
import { confinementOf } from "../../shared/group/confinement.ts";
import { inputBytesOf } from "../../shared/instance/input-bytes.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { openInstance } from "../../shared/instance/open-instance.ts";
import type { Submission } from "../../shared/instance/submission.ts";
import { type Gate, gatesOf } from "../../shared/limit/gates-of.ts";
import type { BackendCapabilities } from "../../shared/routing/backend-capabilities.ts";
import { runMsAt } from "../../shared/routing/cost-band.ts";
import { sizeBucketOf } from "../../shared/routing/profile.ts";
import type { Receipt } from "../../shared/routing/receipt.ts";
import { route } from "../../shared/routing/route.ts";
import { runTimesOn } from "../../shared/routing/run-times.ts";
import { termsOf } from "../../shared/routing/terms.ts";
import type { ExpectedRun } from "../../shared/schedule/portrait/plan.ts";
import type { ScheduleSpec } from "../../shared/schedule/schedule.ts";
import type { TaskVersion } from "../../shared/task/task.ts";
import type { RoutingAtHand } from "../submission/routing-at-hand.ts";

/** What an instance that is not there yet will be like. */
export interface ExpectedInstance {
  readonly group?: string | undefined;
  /** Absent where none takes it now. */
  readonly backend?: BackendCapabilities | undefined;
  readonly run: ExpectedRun;
  readonly gates: readonly Gate[];
}

interface Payloads {
  readonly input?: JsonValue;
  readonly config?: JsonObject;
}

/** Routes and prices what schedules will submit; those that are alike are worked out once. */
export class ExpectedInstances {
  readonly #routing: RoutingAtHand;
  readonly #nowMs: number;
  readonly #known = new Map<string, ExpectedInstance | undefined>();

  constructor(routing: RoutingAtHand, nowMs: number) {
    // Which side of an experiment an instance is on depends on an id that it does not have yet.
    const { experiment: _, ...rules } = routing.rules;
    this.#routing = { ...routing, rules };
    this.#nowMs = nowMs;
  }

  /** Undefined where such a submission would be refused. */
  of(
    definition: TaskVersion,
    spec: ScheduleSpec,
    payloads: Payloads,
  ): ExpectedInstance | undefined {
    const { group, backend, timeoutSeconds, tags, priority } = spec;
    const { name, taskVersion } = definition;
    const key = JSON.stringify([
      [name, taskVersion, group, backend, timeoutSeconds, priority],
      [tags, payloads],
    ]);
    if (!this.#known.has(key)) this.#known.set(key, this.#workOut(definition, spec, payloads));
    return this.#known.get(key);
  }

  #workOut(
    definition: TaskVersion,
    spec: ScheduleSpec,
    payloads: Payloads,
  ): ExpectedInstance | undefined {
    const { task, version, priority, group, tags, timeoutSeconds, backend } = spec;
    const opening = openInstance({
      id: "ins_expected",
      nowMs: this.#nowMs,
      tenant: definition.tenant,
      actor: "schedule",
      definition,
      submission: {
        task,
        ...payloads,
        ...(version === undefined ? {} : { version }),
        ...(priority === undefined ? {} : { priority }),
        ...(group === undefined ? {} : { group }),
        ...(tags === undefined ? {} : { tags }),
        ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
        ...(backend === undefined ? {} : { backend }),
        // The payloads were checked as JSON when the schedule was defined.
      } as Submission,
    });
    if (opening.outcome === "rejected") return undefined;
    const { instance } = opening;
    const { gates, rules, backends, profiles } = this.#routing;
    const receipt = route({
      spec: definition.spec,
      instance,
      inputBytes: inputBytesOf(instance),
      backends,
      rules,
      profile: profiles.get(task),
      confinement: confinementOf(instance.group, gates.groups),
      nowMs: this.#nowMs,
    });
    const chosen = backends.find(({ name }) => name === receipt.chosen);
    return {
      group: instance.group,
      backend: chosen,
      run: this.#runOf(definition, instance, receipt, chosen),
      gates: gatesOf(instance, definition.spec, gates),
    };
  }

  #runOf(
    { spec }: TaskVersion,
    instance: Instance,
    receipt: Receipt,
    backend: BackendCapabilities | undefined,
  ): ExpectedRun {
    const profile = this.#routing.profiles.get(instance.task);
    const bucket = sizeBucketOf(inputBytesOf(instance));
    const times = runTimesOn(backend?.name ?? "", bucket, spec.needs, profile);
    const terms = backend === undefined ? {} : termsOf(receipt, backend, spec, instance);
    const timeoutMs = Math.min(instance.timeoutSeconds * 1_000, terms.timeoutMs ?? Infinity);
    const secondsAt = (share: number): number =>
      Math.max(1, Math.ceil(runMsAt(times, share, timeoutMs) / 1_000));
    const predicted = receipt.candidates.find((each) => each.backend === backend?.name)?.predicted;
    return {
      p50Seconds: secondsAt(0.5),
      p90Seconds: secondsAt(0.1),
      usd: predicted?.usd ?? 0,
      basis: times.basis,
    };
  }
}
