import { Stack } from "aws-cdk-lib";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, it } from "vitest";
import { hinting } from "../../infra/constructs/queue-access.ts";
import { environmentSchemas } from "../../shared/contract/env.ts";

const read = (value: string | undefined) =>
  environmentSchemas.complete.shape.FAIR_QUEUE.parse(value);

describe("what the dispatch queue is fair between", () => {
  it.each([
    [undefined, "tenant"],
    ["on", "tenant"],
    ["tenant", "tenant"],
    ["lane", "lane"],
    ["off", "off"],
  ])("is read from %j as %s, older deployments included", (value, fairBy) => {
    expect(read(value)).toBe(fairBy);
  });

  it("is nothing else", () => {
    expect(() => read("task")).toThrow();
  });

  it.each([
    [{}, "off"],
    [{ fairLanes: true }, "lane"],
    [{ manyTenants: true }, "tenant"],
    [{ manyTenants: true, fairLanes: true }, "tenant"],
  ])("follows from %j as %s", (options, fairBy) => {
    const dispatchQueue = new Queue(new Stack(), "Queue");
    expect(hinting({ dispatchQueue, ...options }).FAIR_QUEUE).toBe(fairBy);
  });
});
