import type { RecordHint } from "../ports/record-hints.ts";
import type { Key } from "../ports/store.ts";

/** What an entry of the wake index is about. */
export type WakeTarget =
  | { readonly kind: "instance"; readonly tenant: string; readonly instanceId: string }
  | {
      readonly kind: "function";
      readonly tenant: string;
      readonly name: string;
      readonly digest: string;
    }
  | { readonly kind: "record"; readonly hint: RecordHint };

/** Read from the key alone: the index holds nothing else. Undefined for keys that never wake. */
export function wakeTargetOf({ pk, sk }: Key): WakeTarget | undefined {
  const [mark, tenant, kind, name = ""] = pk.split("#");
  if (mark !== "T" || tenant === undefined) return undefined;
  switch (kind) {
    case "I":
      return { kind: "instance", tenant, instanceId: name };
    case "FUNCTION":
      return { kind: "function", tenant, name, digest: sk };
    case "SCHEDULES":
      return { kind: "record", hint: { kind: "schedule", tenant, name: sk } };
    case "BACKFILLS":
      return { kind: "record", hint: { kind: "backfill", tenant, name, id: sk } };
    case "GATE":
      return { kind: "record", hint: { kind: "gate", tenant, name, id: sk } };
    case "TRIGGERS":
      return { kind: "record", hint: { kind: "mirror", of: "trigger", tenant, name: sk } };
    case "DELIVERIES":
      return { kind: "record", hint: { kind: "delivery", tenant, name, id: sk } };
    default:
      return undefined;
  }
}
