import { describe, expect, it } from "vitest";
import { openGathering } from "../../../shared/instance/amend-instance.ts";
import type { InstanceCommand } from "../../../shared/instance/commands.ts";
import { decide } from "../../../shared/instance/decide.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { Gathering } from "../../../shared/task/gathering.ts";
import {
  afterwards,
  claim,
  contextOf,
  definitionOf,
  openedBy,
  submittedAtMs as t0,
} from "../instance/instance-maker.ts";

const definition = definitionOf({ totalTimeoutSeconds: 600 });
const batch: Gathering = { mode: "batch", seconds: 60, max: 3 };
const debounce: Gathering = { mode: "debounce", seconds: 60 };

function submitted(input: string | number | undefined): Instance {
  return openedBy(definition, input === undefined ? {} : { input });
}

function amend(gathering: Gathering, additions: readonly Instance[]): InstanceCommand {
  return { name: "amend", gathering, additions, actor: "adder" };
}

function decided(instance: Instance, command: InstanceCommand, nowMs: number) {
  return decide(instance, command, contextOf(definition, nowMs));
}

describe("an instance that gathers", () => {
  it("is opened waiting, with its input in a list when it is a batch", () => {
    const opened = openGathering([submitted("a"), submitted("b")], batch);
    expect(opened).toMatchObject({
      version: 1,
      state: "pending",
      waiting: "delayed",
      dueAtMs: t0 + 60_000,
      wakeAtMs: t0 + 60_000,
      input: { items: ["a", "b"] },
      gathered: { mode: "batch", items: 2 },
    });
    expect(opened.history).toEqual([
      expect.objectContaining({
        version: 1,
        command: "submit",
        reason: "stands for 2 submissions",
      }),
    ]);
  });

  it("takes nothing more once its time has come, it was claimed, or it has ended", () => {
    const opened = openGathering([submitted(1)], batch);
    const late = decided(opened, amend(batch, [submitted(2)]), opened.dueAtMs);
    expect(late).toEqual({ outcome: "unchanged", reason: "it gathers no more submissions" });
    const claimed = afterwards(opened, claim(1), opened.dueAtMs, definition);
    expect(decided(claimed, amend(batch, [submitted(2)]), t0).outcome).toBe("rejected");
    const cancel = { name: "cancel", actor: "someone" } as const;
    const cancelled = afterwards(opened, cancel, t0 + 1, definition);
    expect(decided(cancelled, amend(batch, [submitted(2)]), t0 + 2).outcome).toBe("rejected");
    const retry = { name: "retry", actor: "someone" } as const;
    const retried = afterwards(cancelled, retry, t0 + 2, definition);
    expect(decided(retried, amend(batch, [submitted(2)]), t0 + 1).outcome).toBe("unchanged");
  });

  it("takes no more than there is room for, and nothing at all of what is too much", () => {
    const opened = openGathering([submitted(1), submitted(2)], batch);
    const tooMany = decided(opened, amend(batch, [submitted(3), submitted(4)]), t0);
    expect(tooMany.outcome).toBe("unchanged");
  });

  it("is due at once when it is full, or when what comes next does not fit", () => {
    const opened = openGathering([submitted(1), submitted(2)], batch);
    const full = afterwards(opened, amend(batch, [submitted(3)]), t0 + 5, definition);
    expect(full).toMatchObject({ waiting: "due", dueAtMs: t0 + 5, wakeAtMs: t0 + 5 });
    const closing = { ...amend(batch, []), full: true } as InstanceCommand;
    const closed = afterwards(opened, closing, t0 + 5, definition);
    expect(closed).toMatchObject({
      waiting: "due",
      dueAtMs: t0 + 5,
      input: { items: [1, 2] },
      gathered: { items: 2 },
    });
    expect(decided(opened, amend(batch, []), t0).outcome).toBe("unchanged");
  });

  it("has the newest submission's total time when it debounces", () => {
    const opened = openGathering([submitted(1)], debounce);
    const newest = { ...submitted(2), deadlineAtMs: t0 + 650_000 };
    const amended = afterwards(opened, amend(debounce, [newest]), t0 + 50_000, definition);
    expect(amended).toMatchObject({ input: 2, dueAtMs: t0 + 110_000, deadlineAtMs: t0 + 650_000 });
  });

  it("has no input when the newest submission of a debounce has none", () => {
    const opened = openGathering([submitted(1)], debounce);
    const amended = afterwards(opened, amend(debounce, [submitted(undefined)]), t0, definition);
    expect("input" in amended).toBe(false);
  });
});
