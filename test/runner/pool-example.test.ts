import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PoolSpec } from "../../shared/pool/pool.ts";
import { TaskSpec } from "../../shared/task/task.ts";
import { openWorkYard } from "./work-yard.ts";

const read = (file: string): unknown => JSON.parse(readFileSync(`examples/pool/${file}`, "utf8"));

describe("the pool of the examples", () => {
  it("is one, and its task can only run there", () => {
    const pool = PoolSpec.parse(read("pool.json"));
    const task = TaskSpec.parse(read("disk-report.task.json"));
    expect(task.needs.placement).toEqual(pool.labels);
    expect(pool.targets).toContain("command");
  });

  it("has a command that says how full the disk is", async () => {
    const yard = await openWorkYard({}, { allowCommands: true });
    const { run } = TaskSpec.parse(read("disk-report.task.json"));
    const { end } = await yard.run(yard.order(run));
    expect(end).toMatchObject({
      outcome: "succeeded",
      output: { usedKb: expect.any(Number), freeKb: expect.any(Number) },
    });
    await yard.close();
  });
});
