import { keys } from "../../../shared/contract/keys.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { Change, Store, StoredRecord } from "../../../shared/ports/store.ts";
import { loadInstance } from "../../runtime/instances.ts";
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

/** The answer of a submission that was taken before; undefined when its instance is gone by now. */
export async function answerOfJoined(
  store: Store,
  arrival: Arrival,
  joined: StoredRecord | undefined,
): Promise<SubmitResult | undefined> {
  if (joined === undefined) return undefined;
  const { instanceId, fingerprint } = joined.body as unknown as JoinedBody;
  const instance = await loadInstance(store, arrival.prepared.instance.tenant, instanceId);
  return instance === undefined ? undefined : repeatOf(arrival, instance, fingerprint);
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
