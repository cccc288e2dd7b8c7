import { describe, expect, it } from "vitest";
import { limits } from "../../../shared/core/limits.ts";
import { auditInstance } from "../../../shared/instance/audit.ts";
import { openClaimed, openInstance } from "../../../shared/instance/open-instance.ts";
import { Submission } from "../../../shared/instance/submission.ts";
import { claim, definitionOf, openedBy, submittedAtMs as t0 } from "./instance-maker.ts";

const iso = (atMs: number) => new Date(atMs).toISOString();

describe("opening an instance", () => {
  it("takes from the definition what the submission does not say", () => {
    const definition = definitionOf({
      timeoutSeconds: 77,
      totalTimeoutSeconds: 700,
      heartbeatSeconds: 9,
      priority: 3,
      group: "night",
      tags: { team: "a", kind: "task" },
    });
    expect(openedBy(definition)).toMatchObject({
      timeoutSeconds: 77,
      deadlineAtMs: t0 + 700_000,
      heartbeatSeconds: 9,
      priority: 3,
      group: "night",
      tags: { team: "a", kind: "task" },
    });
    const own = { timeoutSeconds: 5, priority: 8, group: "day", tags: { kind: "own" } };
    expect(openedBy(definition, own)).toMatchObject({ ...own, tags: { team: "a", kind: "own" } });
  });

  it("keeps the content's fingerprint only with a key", () => {
    expect(openedBy(definitionOf()).idempotency).toBeUndefined();
    expect(openedBy(definitionOf(), { idempotencyKey: "k" }).idempotency).toEqual({
      key: "k",
      fingerprint: "content",
    });
  });

  it.each([
    ["lies too far ahead", { startAt: iso(t0 + limits.delayMsMax + 1) }, "/startAt"],
    ["could never start in time", { delaySeconds: 60, startBy: iso(t0 + 60_000) }, "/startBy"],
    ["is too late already", { startBy: iso(t0) }, "/startBy"],
  ])("is refused when it %s", (_name, submission, pointer) => {
    const opening = openInstance({
      id: "ins_1",
      nowMs: t0,
      tenant: "acme",
      actor: "submitter",
      definition: definitionOf(),
      submission: Submission.parse({ task: "job", ...submission }),
    });
    expect(opening).toMatchObject({ outcome: "rejected", rejection: { pointer } });
  });

  it("can hold its first claim from the beginning: one version, one entry, no finding", () => {
    const definition = definitionOf({ totalTimeoutSeconds: 50 });
    const opened = openClaimed(openedBy(definition), claim(1), definition);
    expect(opened).toMatchObject({
      version: 1,
      state: "dispatched",
      attemptCount: 1,
      history: [{ version: 1, command: "submit", to: "dispatched", attempt: 1 }],
    });
    expect(opened.waiting).toBeUndefined();
    expect(auditInstance(opened, definition)).toEqual([]);
  });

  it("stays pending when it must not be claimed yet", () => {
    const definition = definitionOf();
    const delayed = openedBy(definition, { delaySeconds: 1 });
    expect(openClaimed(delayed, claim(1), definition)).toEqual(delayed);
  });
});
