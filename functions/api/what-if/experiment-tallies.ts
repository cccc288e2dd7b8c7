import type { RulesComparisonView } from "../../../shared/contract/http/comparison-views.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { BackendCapabilities } from "../../../shared/routing/backend-capabilities.ts";
import { ArmTally, armOf, outcomeOf } from "../../../shared/routing/compare/arm-tally.ts";
import {
  type ArmsComparison,
  type ComparisonRules,
  compareArms,
  usualComparison,
} from "../../../shared/routing/compare/compare-arms.ts";
import type { BackendsByName } from "../../../shared/routing/run-price.ts";
import type { TaskSpec } from "../../../shared/task/task.ts";

type ExperimentView = Omit<RulesComparisonView["experiments"][number], "running">;

interface Arms {
  readonly control: ArmTally;
  readonly candidate: ArmTally;
}

/** The experiments that stored instances took part in, each by its two versions of the rules. */
export class ExperimentTallies {
  readonly #backends: BackendsByName;
  readonly #byVersions = new Map<string, Arms>();

  constructor(backends: readonly BackendCapabilities[]) {
    this.#backends = new Map(backends.map((backend) => [backend.name, backend]));
  }

  add(instance: Instance, spec: TaskSpec | undefined): void {
    const arm = armOf(instance);
    if (arm === undefined || spec === undefined) return;
    const outcome = outcomeOf(instance, { needs: spec.needs, backends: this.#backends });
    if (outcome === undefined) return;
    const name = versionsName(arm.control, arm.candidate);
    let arms = this.#byVersions.get(name);
    if (arms === undefined) {
      arms = { control: new ArmTally(), candidate: new ArmTally() };
      this.#byVersions.set(name, arms);
    }
    arms[arm.arm].add(outcome);
  }

  /** One experiment by stricter or laxer rules than the usual ones; undefined when nobody took part. */
  compare(
    control: number,
    candidate: number,
    rules: ComparisonRules = usualComparison,
  ): ArmsComparison | undefined {
    const arms = this.#byVersions.get(versionsName(control, candidate));
    return arms && compareArms(arms.control.figures(), arms.candidate.figures(), rules);
  }

  /** The newest candidates first. */
  results(): readonly ExperimentView[] {
    return [...this.#byVersions]
      .map(([name, arms]) => viewOf(name, arms))
      .toSorted((left, right) => right.candidate - left.candidate || right.control - left.control);
  }
}

function versionsName(control: number, candidate: number): string {
  return `${control}>${candidate}`;
}

function viewOf(name: string, arms: Arms): ExperimentView {
  const [control = 0, candidate = 0] = name.split(">").map(Number);
  const { confidence, usd, latencyMs, failureRate, verdict, stopAdvised } = compareArms(
    arms.control.figures(),
    arms.candidate.figures(),
  );
  return {
    control,
    candidate,
    arms: { control: armView(arms.control), candidate: armView(arms.candidate) },
    difference: {
      confidence,
      ...(usd === undefined ? {} : { usd }),
      ...(latencyMs === undefined ? {} : { latencyMs }),
      failureRate,
    },
    verdict,
    stopAdvised,
  };
}

function armView(tally: ArmTally): ExperimentView["arms"]["control"] {
  const { count, failures, usd, latencyMs } = tally.figures();
  const p50 = tally.latencyMsQuantile(0.5);
  const p95 = tally.latencyMsQuantile(0.95);
  return {
    count,
    failures,
    usdMean: usd.mean,
    latencyMsMean: latencyMs.mean,
    ...(p50 === undefined ? {} : { latencyMsP50: p50 }),
    ...(p95 === undefined ? {} : { latencyMsP95: p95 }),
  };
}
