import type { ErrorCode } from "../../../shared/core/error-codes.ts";
import { type Instance, liveAttempt } from "../../../shared/instance/instance.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import type { AttemptReport } from "../../../shared/ports/backend.ts";
import type { InstanceStateChanged } from "../../../shared/ports/events.ts";
import type { Hint } from "../../../shared/ports/hints.ts";
import type { ClientWatch } from "../world/clients.ts";
import type { MessageWatch } from "../world/control-plane.ts";
import type { EventBus } from "../world/ports.ts";
import { type SubmitItem, startByMsOf } from "../world/workload.ts";
import type { World } from "../world/world.ts";
import type { CommitChecks } from "./commit-checks.ts";

interface KeyUse {
  readonly instanceId: string;
  readonly content: string;
}

/** What the outside was told: acknowledgements, events, decisions on reports. Promises are checked here. */
export class Ledger implements ClientWatch, MessageWatch, EventBus {
  readonly acknowledged = new Set<string>();
  readonly published = new Map<string, string>();
  readonly #world: World;
  readonly #commits: CommitChecks;
  readonly #keys = new Map<string, KeyUse>();

  constructor(world: World, commits: CommitChecks) {
    this.#world = world;
    this.#commits = commits;
  }

  accepted(tenant: string, item: SubmitItem, instance: Instance, repeated: boolean): void {
    if (repeated) this.#world.saw("submission repeated");
    this.acknowledged.add(instance.id);
    const stored = this.#commits.instances.get(instance.id);
    if (stored === undefined) {
      this.#world.violate("I33 read your submit", `${instance.id} was acknowledged, not stored`);
    } else if (this.#commits.gates.lined.isLined(stored)) {
      this.#commits.gates.lined.accepted(tenant, item, stored, repeated);
    } else {
      const different = differences(this.#world, tenant, item, stored);
      if (different.length > 0) {
        this.#world.violate(
          "I8 idempotent submit",
          `${instance.id}: other ${different.join(", ")}`,
        );
      }
    }
    if (item.idempotencyKey === undefined) return;
    const content = JSON.stringify(item);
    const use = this.#keys.get(`${tenant} ${item.idempotencyKey}`);
    if (use === undefined) {
      this.#keys.set(`${tenant} ${item.idempotencyKey}`, { instanceId: instance.id, content });
    } else if (use.instanceId !== instance.id || use.content !== content) {
      this.#world.violate(
        "I8 idempotent submit",
        `key ${item.idempotencyKey} was accepted as ${use.instanceId} and as ${instance.id}`,
      );
    }
  }

  conflicted(tenant: string, item: SubmitItem): void {
    this.#world.saw("idempotency conflict");
    const use = this.#keys.get(`${tenant} ${item.idempotencyKey}`);
    if (use?.content === JSON.stringify(item)) {
      this.#world.violate("I8 idempotent submit", `${use.instanceId} conflicts with itself`);
    }
  }

  refused(_tenant: string, _item: SubmitItem, code: ErrorCode): void {
    this.#commits.gates.lined.refused(code);
  }

  unanswered(): void {
    this.#commits.gates.lined.unanswered();
  }

  found(tenant: string, instance: Instance): void {
    const stored = this.#commits.instances.get(instance.id);
    if (instance.tenant !== tenant) {
      this.#world.violate("I20 tenant isolation", `${tenant} was shown ${instance.id}`);
    }
    if (stored === undefined || stored.version < instance.version) {
      this.#world.violate("I33 read your submit", `${instance.id} was shown before it was stored`);
    }
  }

  missing(_tenant: string, id: string): void {
    this.#world.violate("I33 read your submit", `${id} was acknowledged, then not found`);
  }

  spied(tenant: string, id: string, found: boolean): void {
    this.#world.saw("instance asked for by another tenant");
    if (found) this.#world.violate("I20 tenant isolation", `${tenant} was shown ${id}`);
  }

  cancelled(instance: Instance): void {
    const stored = this.#commits.instances.get(instance.id);
    const cancelled = stored?.history.some(({ to }) => to === "cancelled");
    if (cancelled !== true || instance.state !== "cancelled") {
      this.#world.violate("I7 cancel is final", `${instance.id} was not cancelled as promised`);
    }
  }

  hinted({ instanceId }: Hint): void {
    const stored = this.#commits.instances.get(instanceId);
    if (stored === undefined) return;
    if (isTerminal(stored.state)) this.#world.saw("hint for a finished instance");
    const live = liveAttempt(stored);
    if (stored.state === "dispatched" && live !== undefined) {
      this.#world.saw("hint while the attempt was handed over");
    }
  }

  /** A report is acknowledged when nobody will bring it again, so by then it must have counted. */
  acknowledgedReport(report: AttemptReport): void {
    if (report.kind !== "succeeded" && report.kind !== "failed") return;
    const stored = this.#commits.instances.get(report.instanceId);
    const attempt = stored?.attempts.find(({ id }) => id === report.attemptId);
    if (attempt === undefined || attempt.token !== report.token) return;
    if (attempt.outcome !== undefined) return;
    this.#world.violate(
      "I25 no silent drop",
      `the ${report.kind} report of ${report.attemptId} was acknowledged while the attempt is live`,
    );
  }

  refusedReport(report: AttemptReport): void {
    const stored = this.#commits.instances.get(report.instanceId);
    const attempt = stored?.attempts.find(({ id }) => id === report.attemptId);
    if (stored === undefined || attempt === undefined) return;
    if (report.token !== attempt.token) this.#world.saw("forged report refused");
    if (attempt.outcome === "cancelled") this.#world.saw("report after cancellation refused");
    if (attempt.number < stored.attemptCount)
      this.#world.saw("report of a replaced attempt refused");
    if (attempt.round < stored.round) this.#world.saw("report of an earlier round refused");
    if (attempt.outcome === "cancelled" && report.kind === "succeeded") {
      this.#world.saw("cancel raced completion");
    }
  }

  publish(events: readonly InstanceStateChanged[]): void {
    for (const event of events) {
      const text = JSON.stringify(event);
      const before = this.published.get(event.dedupKey);
      this.published.set(event.dedupKey, text);
      if (before === undefined) continue;
      this.#world.saw("events published twice");
      if (before !== text) {
        this.#world.violate("I17 outbox", `${event.dedupKey} was published with two contents`);
      }
    }
  }
}

/** In what the stored instance is not what the client submitted. */
function differences(
  world: World,
  tenant: string,
  item: SubmitItem,
  stored: Instance,
): readonly string[] {
  const { delaySeconds = 0, startAfterMs, startBySeconds, priority } = item;
  const [first] = stored.history;
  const dueAtMs =
    startAfterMs === undefined
      ? stored.createdAtMs + Math.round(delaySeconds * 1_000)
      : Math.max(stored.createdAtMs, world.epochMs + startAfterMs);
  const startByMs = startBySeconds === undefined ? undefined : startByMsOf(world, startBySeconds);
  const untouched = stored.round === 1 && stored.attempts.every(({ error }) => error === undefined);
  const same: Readonly<Record<string, boolean>> = {
    tenant: stored.tenant === tenant,
    task: stored.task === item.task,
    input: JSON.stringify(stored.input) === JSON.stringify(item.input),
    priority: priority === undefined || stored.priority === priority,
    key: stored.idempotency?.key === item.idempotencyKey,
    actor: stored.submittedBy === `user of ${tenant}` && first?.actor === stored.submittedBy,
    "due time": !untouched || stored.dueAtMs === dueAtMs,
    "last moment to start": !untouched || stored.startByMs === startByMs,
  };
  return Object.keys(same).filter((part) => !same[part]);
}
