import { describe, expect, it } from "vitest";
import { fargateCapabilities } from "../../../functions/adapters/aws/fargate/fargate-capabilities.ts";
import type { Receipt } from "../../../shared/routing/receipt.ts";
import { termsOf } from "../../../shared/routing/terms.ts";
import { TaskSpec } from "../../../shared/task/task.ts";
import { definitionOf, openedBy } from "../instance/instance-maker.ts";

const fargate = fargateCapabilities("prefer");
const receipt = {} as Receipt;
const spec = (text: object) =>
  TaskSpec.parse({ run: { container: { family: "report" } }, ...text });
const fresh = openedBy(definitionOf());

describe("the terms of an attempt in a container of one's own", () => {
  it("have no lease, for nothing in it gives signs of life, and leave its size alone", () => {
    const terms = termsOf(receipt, fargate, spec({}), fresh);
    expect(terms).toEqual({ handOverMs: fargate.handOverMs, pricing: fargate.pricing });
  });

  it.each([
    [{ memoryMb: 3_000 }, { memoryMb: 3_072, cpuCores: 0.5 }],
    [{ cpuCores: 2 }, { memoryMb: 4_096, cpuCores: 2 }],
  ])("have the size that its task asks for: %j", (needs, size) => {
    expect(termsOf(receipt, fargate, spec({ needs }), fresh)).toMatchObject(size);
  });

  it("have the size that was found to be needed", () => {
    const grown = { memoryMb: 2_048 } as Receipt;
    expect(termsOf(grown, fargate, spec({}), fresh)).toMatchObject({ memoryMb: 2_048 });
  });
});

describe("the terms of an attempt whose code the runner runs", () => {
  it("have a lease, although there is a container for it, too", () => {
    const run = { function: { module: "a.mjs" }, container: { family: "report" } };
    const terms = termsOf(receipt, fargate, spec({ run }), fresh);
    expect(terms.leaseSeconds).toBe(fargate.leaseSeconds);
  });
});

describe("the price of Spot capacity", () => {
  it("is charged to first tries only", () => {
    expect(termsOf(receipt, fargate, spec({}), fresh).pricing).toMatchObject({ spot: true });
    const attempts = [{ round: 1, number: 1 }] as unknown as typeof fresh.attempts;
    const second = { ...fresh, attempts, attemptCount: 1 };
    expect(termsOf(receipt, fargate, spec({}), second).pricing).toMatchObject({ spot: false });
  });

  it("is not charged to tasks that keep state", () => {
    const stateful = spec({ needs: { stateful: true } });
    expect(termsOf(receipt, fargate, stateful, fresh).pricing).toMatchObject({ spot: false });
  });
});
