import type { Instance } from "../../../shared/instance/instance.ts";
import type { BackendCapabilities } from "../../../shared/routing/backend-capabilities.ts";
import { type WhatIfResult, WhatIfTally } from "../../../shared/routing/what-if.ts";
import { whatIfRowOf } from "../../../shared/routing/what-if-row.ts";
import type { TaskSpec } from "../../../shared/task/task.ts";

/** What each version that was in shadow would have changed, by what receipts say it decided. */
export class ShadowTallies {
  readonly #backends: readonly BackendCapabilities[];
  readonly #byVersion = new Map<number, WhatIfTally>();

  constructor(backends: readonly BackendCapabilities[]) {
    this.#backends = backends;
  }

  add(instance: Instance, spec: TaskSpec | undefined): void {
    const version = newestShadow(instance)?.version;
    if (version === undefined) return;
    let tally = this.#byVersion.get(version);
    if (tally === undefined) {
      tally = new WhatIfTally({ backends: this.#backends });
      this.#byVersion.set(version, tally);
    }
    const source = whatIfRowOf(instance, spec);
    if ("skipped" in source) {
      tally.skip(source.skipped);
      return;
    }
    const { shadow } = source.row.receipt;
    // An attempt of before or after says nothing about rules that were not in shadow then.
    if (shadow?.version !== version) {
      tally.skip("no_receipt");
      return;
    }
    const { rule, type, chosen } = shadow;
    const reason = `the rule ${rule} says ${type}`;
    tally.add(source.row, { backend: chosen, rule, reason });
  }

  /** Newest version first. */
  results(): readonly { readonly version: number; readonly result: WhatIfResult }[] {
    return [...this.#byVersion]
      .toSorted(([left], [right]) => right - left)
      .map(([version, tally]) => ({ version, result: tally.finish() }));
  }
}

function newestShadow({ attempts }: Instance) {
  return attempts.findLast(({ receipt }) => receipt?.shadow !== undefined)?.receipt?.shadow;
}
