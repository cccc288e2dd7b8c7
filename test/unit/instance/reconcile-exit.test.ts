import { describe, expect, it } from "vitest";
import type { ErrorClass } from "../../../shared/instance/error-classes.ts";
import {
  type ExitFacts,
  reconcileExit,
  stopCodes,
} from "../../../shared/instance/reconcile-exit.ts";

const classOf = (facts: ExitFacts): ErrorClass | "succeeded" | undefined => {
  const report = reconcileExit(facts);
  return report?.kind === "failed" ? report.error.class : report?.kind;
};
const runner = { target: "package", stopCode: "EssentialContainerExited" } as const;
const container = { target: "container", stopCode: "EssentialContainerExited" } as const;

describe("a result that has been recorded", () => {
  it.each([0, 1, 137, 143])("stands, though the exit code is %i", (exitCode) => {
    expect(reconcileExit({ ...runner, exitCode, reported: true })).toBeUndefined();
    expect(reconcileExit({ ...container, exitCode, reported: true })).toBeUndefined();
  });

  it.each(stopCodes)("stands, though the end was %s", (stopCode) => {
    expect(reconcileExit({ target: "function", stopCode, reported: true })).toBeUndefined();
  });
});

describe("a runner that is gone without a result", () => {
  it.each<[string, ExitFacts, ErrorClass]>([
    ["has crashed with any exit code", { ...runner, exitCode: 1 }, "crash"],
    ["has crashed even with exit code 0", { ...runner, exitCode: 0 }, "crash"],
    ["has crashed when nothing is known", { target: "function" }, "crash"],
    ["has crashed by a signal of its own", { target: "function", signal: "SIGSEGV" }, "crash"],
    ["was out of memory when it was killed", { ...runner, exitCode: 137 }, "out_of_memory"],
    [
      "was out of memory when a process was killed",
      { target: "function", signal: "SIGKILL" },
      "out_of_memory",
    ],
    [
      "was out of memory when ECS says so",
      { ...runner, exitCode: 1, reason: "OutOfMemoryError: Container killed due to memory usage" },
      "out_of_memory",
    ],
    ["is lost when it was told to end", { ...runner, exitCode: 143 }, "worker_lost"],
    ["is lost by SIGTERM", { target: "package", signal: "SIGTERM" }, "worker_lost"],
    ["has crashed when ECS has a new word", { ...runner, stopCode: "Novelty" }, "crash"],
  ])("%s", (_, facts, expected) => {
    expect(classOf(facts)).toBe(expected);
  });

  it("says how it ended", () => {
    expect(reconcileExit({ ...runner, exitCode: 3, reason: "it fell over" })).toEqual({
      kind: "failed",
      error: {
        class: "crash",
        message: "it ended without a result, with exit code 3: it fell over",
      },
    });
  });
});

describe("a container of one's own", () => {
  it.each<[string, ExitFacts, ErrorClass | "succeeded"]>([
    ["has succeeded with exit code 0", { ...container, exitCode: 0 }, "succeeded"],
    ["has failed with any other", { ...container, exitCode: 3 }, "error"],
    ["has failed with the code of a SIGTERM", { ...container, exitCode: 143 }, "error"],
    ["was out of memory when it was killed", { ...container, exitCode: 137 }, "out_of_memory"],
    ["has crashed without an exit code", { ...container }, "crash"],
    ["is judged like a command", { target: "command", exitCode: 0 }, "succeeded"],
  ])("%s", (_, facts, expected) => {
    expect(classOf(facts)).toBe(expected);
  });

  it("succeeds without output", () => {
    expect(reconcileExit({ ...container, exitCode: 0 })).toEqual({ kind: "succeeded" });
  });

  it("names the code, which is all that there is to say", () => {
    expect(reconcileExit({ ...container, exitCode: 64 })).toEqual({
      kind: "failed",
      error: { class: "error", name: "ExitCode", message: "it ended with exit code 64" },
    });
  });
});

describe("an end from outside", () => {
  it.each([
    "SpotInterruption",
    "TerminationNotice",
    "InfrastructureHealth",
    "ServiceSchedulerInitiated",
    "UserInitiated",
  ])("is no fault of the task, whatever the exit code: %s", (stopCode) => {
    for (const exitCode of [0, 1, 137, 143]) {
      expect(classOf({ target: "package", stopCode, exitCode })).toBe("worker_lost");
      expect(classOf({ target: "container", stopCode, exitCode })).toBe("worker_lost");
    }
  });

  it("keeps the reason of whoever did it", () => {
    const report = reconcileExit({
      target: "package",
      stopCode: "UserInitiated",
      reason: "cost review",
    });
    expect(report).toMatchObject({
      error: { message: "it was stopped from outside: cost review" },
    });
  });
});

describe("a container that could not be started", () => {
  it.each<[string, ErrorClass]>([
    [
      "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref docker.io/acme/none:latest: not found",
      "missing_function",
    ],
    [
      "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: dial tcp 52.217.1.1:443: i/o timeout",
      "backend_fault",
    ],
    [
      "CannotPullContainerError: toomanyrequests: You have reached your pull rate limit",
      "backend_fault",
    ],
    [
      "ResourceInitializationError: unable to pull secrets or registry auth: AccessDeniedException: User is not authorized to perform: ecr:GetAuthorizationToken",
      "missing_permission",
    ],
    [
      "Capacity is unavailable at this time. Please try again later or in a different availability zone",
      "no_capacity",
    ],
    [
      'CannotStartContainerError: runc create failed: exec: "work": executable file not found in $PATH',
      "missing_function",
    ],
    ["Timeout waiting for network interface provisioning to complete.", "backend_fault"],
    ["", "backend_fault"],
  ])("is told apart by the reason: %s", (reason, expected) => {
    expect(classOf({ target: "package", stopCode: "TaskFailedToStart", reason })).toBe(expected);
  });
});
