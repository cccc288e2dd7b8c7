import { keys } from "../../../shared/contract/keys.ts";
import { RejectionError } from "../../../shared/core/errors.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { TenantContext } from "../../../shared/core/tenant.ts";
import type { Change } from "../../../shared/ports/store.ts";
import type { RulesChange, RulesHead } from "../../../shared/routing/rules/rule-set.ts";
import type { Engine } from "../../runtime/engine.ts";
import { findHead, getVersion } from "./read-rules.ts";

/** What is to become of the head, with whatever must be written together with it. */
export interface HeadChange {
  readonly head: RulesHead;
  readonly changes?: readonly Change[];
}

/**
 * Changes which rules decide, in one write that only holds if nobody else changed them meanwhile.
 * `change` answers the head it was given when there is nothing to do, and is asked again after a
 * lost race.
 */
export async function changeHead(
  engine: Engine,
  { tenant }: TenantContext,
  change: (head: RulesHead) => Promise<HeadChange> | HeadChange,
): Promise<RulesHead> {
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const { head, expect } = await findHead(engine, tenant);
    const next = await change(head);
    if (next.head === head) return head;
    const record = { key: keys.rulesHead(tenant), type: "rules", body: next.head } as const;
    const result = await engine.store.write([
      ...(next.changes ?? []),
      { kind: "put", record, expect },
    ]);
    if (result.outcome === "wrote") return next.head;
  }
  throw new RejectionError({
    code: "conflict",
    detail: "others keep changing the rules; nothing was changed",
    suggestion: "try again",
  });
}

/** Brings a version into force. */
export async function activateRules(
  engine: Engine,
  context: TenantContext,
  { version, reason }: { readonly version: number; readonly reason?: string | undefined },
): Promise<RulesHead> {
  await getVersion(engine, context.tenant, version, "/version");
  const head = await changeHead(engine, context, (present) => ({
    head: withActive(present, version, noteOf(engine, context, reason)),
  }));
  engine.log.info("rules activated", { version });
  return head;
}

/** Lets a version decide in shadow, or with none ends the shadow. */
export async function setShadow(
  engine: Engine,
  context: TenantContext,
  version: number | undefined,
): Promise<RulesHead> {
  if (version !== undefined) await getVersion(engine, context.tenant, version, "/version");
  return changeHead(engine, context, (head) => {
    if (head.shadowVersion === version) return { head };
    if (version === head.activeVersion) throw inForceAlready(version, "/version");
    const { shadowVersion: _, ...without } = head;
    const change = { kind: "shadow", ...(version === undefined ? {} : { version }) } as const;
    return {
      head: noted(
        { ...without, ...(version === undefined ? {} : { shadowVersion: version }) },
        { ...noteOf(engine, context), change },
      ),
    };
  });
}

export interface Experiment {
  readonly candidateVersion: number;
  readonly percent: number;
}

/** Tries a version on a share of the instances, or with none ends the experiment. */
export async function setExperiment(
  engine: Engine,
  context: TenantContext,
  wanted: Experiment | undefined,
): Promise<RulesHead> {
  const pointer = "/candidateVersion";
  if (wanted !== undefined) {
    await getVersion(engine, context.tenant, wanted.candidateVersion, pointer);
  }
  return changeHead(engine, context, (head) => {
    const { experiment, ...without } = head;
    if (
      experiment?.candidateVersion === wanted?.candidateVersion &&
      experiment?.percent === wanted?.percent
    ) {
      return { head };
    }
    const note = noteOf(engine, context);
    if (wanted === undefined) {
      return { head: noted(without, { ...note, change: { kind: "experiment" } }) };
    }
    const { candidateVersion, percent } = wanted;
    if (candidateVersion === head.activeVersion) throw inForceAlready(candidateVersion, pointer);
    const started = { startedAtMs: note.atMs, startedBy: note.by };
    return {
      head: noted(
        { ...without, experiment: { candidateVersion, percent, ...started } },
        { ...note, change: { kind: "experiment", version: candidateVersion, percent } },
      ),
    };
  });
}

type ChangeNote = Omit<RulesChange, "change">;

export function noteOf(
  { clock }: Engine,
  { actor }: TenantContext,
  reason?: string | undefined,
): ChangeNote {
  return { atMs: clock.now(), by: actor, ...(reason === undefined ? {} : { reason }) };
}

/** With this version in force; what was tried and is in force now is no longer tried. */
export function withActive(head: RulesHead, version: number, note: ChangeNote): RulesHead {
  if (head.activeVersion === version) return head;
  const { shadowVersion, experiment, ...without } = head;
  const before = head.activeVersion;
  return noted(
    {
      ...without,
      activeVersion: version,
      ...(shadowVersion === undefined || shadowVersion === version ? {} : { shadowVersion }),
      ...(experiment === undefined || experiment.candidateVersion === version
        ? {}
        : { experiment }),
    },
    { ...note, change: { kind: "activate", version, before } },
  );
}

/** The head with a change on record. */
export function noted(head: RulesHead, change: RulesChange): RulesHead {
  const changes = [change, ...(head.changes ?? [])].slice(0, limits.rulesChangesKept);
  return { ...head, updatedAtMs: change.atMs, updatedBy: change.by, changes };
}

function inForceAlready(version: number | undefined, pointer: string): RejectionError {
  return new RejectionError({
    code: "invalid_field",
    detail: `version ${version} is in force, so there is nothing to compare it with`,
    pointer,
    suggestion: "name another version, or activate another one first",
  });
}
