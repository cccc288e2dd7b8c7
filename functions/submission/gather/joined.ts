import { keys } from "../../../shared/contract/keys.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { Change, Store, StoredRecord } from "../../../shared/ports/store.ts";
import { keyUsedOtherwise } from "../key-used-otherwise.ts";
import type { SubmitResult } from "../submit-instances.ts";
import type { Arrival } from "./arrival.ts";

/** What a submission that is known by its id became part of, so that its repeat finds the same. */
interface JoinedBody {
  readonly instanceId: string;
  readonly fingerprint?: string;
}

export function joinedKeyOf({ prepared: { instance } }: Arrival) {
  return keys.joined(instance.tenant, instance.id);
}

/** Written with whatever the submission becomes; nothing for one that cannot be repeated. */
export function joinedChanges(
  arrival: Arrival,
  instanceId: string,
  present: StoredRecord | undefined,
  nowMs: number,
): readonly Change[] {
  if (!arrival.isKnownById) return [];
  const { fingerprint } = arrival.prepared;
  const body: JoinedBody = { instanceId, ...(fingerprint === undefined ? {} : { fingerprint }) };
  return [
    {
      kind: "put",
      expect: present?.version ?? "absent",
      record: {
        key: joinedKeyOf(arrival),
        type: "joined",
        body,
        expiresAtMs: nowMs + limits.joinedKeepMs,
      },
    },
  ];
}

/** The instances that these submissions became part of before, and one more, each read once. */
export async function instancesJoined(
  store: Store,
  tenant: string,
  joined: readonly (StoredRecord | undefined)[],
  another: string | undefined,
): Promise<ReadonlyMap<string, Instance>> {
  const ids = new Set(another === undefined ? [] : [another]);
  for (const record of joined) if (record !== undefined) ids.add(joinedBodyOf(record).instanceId);
  if (ids.size === 0) return new Map();
  const found = await store.getMany([...ids].map((id) => keys.instance(tenant, id)));
  const instances = found.flatMap((record) =>
    record === undefined ? [] : [record.body as unknown as Instance],
  );
  return new Map(instances.map((instance) => [instance.id, instance]));
}

/** The answer of a submission that was taken before; undefined when its instance is gone by now. */
export function answerOfJoined(
  arrival: Arrival,
  joined: StoredRecord | undefined,
  instances: ReadonlyMap<string, Instance>,
): SubmitResult | undefined {
  if (joined === undefined) return undefined;
  const { instanceId, fingerprint } = joinedBodyOf(joined);
  const instance = instances.get(instanceId);
  return instance === undefined ? undefined : repeatOf(arrival, instance, fingerprint);
}

function joinedBodyOf(record: StoredRecord): JoinedBody {
  return record.body as unknown as JoinedBody;
}

/** The answer of a submission whose own instance was there already. */
export function repeatOf(
  { prepared }: Arrival,
  instance: Instance,
  fingerprint: string | undefined = instance.idempotency?.fingerprint,
): SubmitResult {
  return prepared.fingerprint === undefined || prepared.fingerprint === fingerprint
    ? { outcome: "accepted", instance, repeated: true }
    : { outcome: "rejected", rejection: keyUsedOtherwise(instance.id) };
}
