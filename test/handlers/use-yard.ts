import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { dynoxideAvailable } from "../../functions/runtime/dynoxide.ts";
import { type Deployment, type DeployOptions, deploy } from "./deployment.ts";
import { openYard, type Yard } from "./yard.ts";

/** `describe` for tests of the bundles; skipped, by its name, where no DynamoDB server is installed. */
export function describeDeployed(name: string, register: () => void): void {
  const available = dynoxideAvailable();
  const title = available ? name : `${name} (skipped: no @dynoxide package for this platform)`;
  describe.skipIf(!available)(title, register);
}

/** One deployment for all tests of a file; no test may send what AWS would refuse. */
export function useYard(options: DeployOptions = {}): {
  readonly deployment: Deployment;
  readonly yard: Yard;
} {
  let deployment: Deployment | undefined;
  let yard: Yard | undefined;
  if (dynoxideAvailable()) {
    beforeAll(async () => {
      deployment = await deploy(options);
      yard = openYard(deployment);
      await yard.defineTask();
    });
    afterAll(() => deployment?.close());
    afterEach(() => expect(deployment?.stub.violations).toEqual([]));
  }
  return {
    get deployment() {
      return present(deployment);
    },
    get yard() {
      return present(yard);
    },
  };
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError("nothing is deployed yet");
  return value;
}
