import type { Key, RecordType } from "../../../../shared/ports/store.ts";

/** The forms of shared/contract/keys.ts, read backwards. */
const forms: readonly { readonly type: RecordType; readonly pk: RegExp; readonly sk?: RegExp }[] = [
  { type: "task", pk: /^T#[^#]+#TASKS$/ },
  { type: "task-version", pk: /^T#[^#]+#TASK#/ },
  { type: "instance", pk: /^T#[^#]+#I#/, sk: /^I$/ },
  { type: "log", pk: /^T#[^#]+#I#/, sk: /^LOG#/ },
  { type: "payload-claim", pk: /^T#[^#]+#PAYLOAD#/ },
  { type: "rollup", pk: /^T#[^#]+#ROLLUP#/ },
  { type: "rules", pk: /^T#[^#]+#RULES$/ },
  { type: "profile", pk: /^T#[^#]+#PROFILE#/ },
  { type: "pool", pk: /^T#[^#]+#POOLS$/ },
  { type: "worker", pk: /^T#[^#]+#POOL#/ },
  { type: "function", pk: /^T#[^#]+#FUNCTIONS?(#|$)/ },
  { type: "limit", pk: /^T#[^#]+#LIMITS$/ },
  { type: "slots", pk: /^T#[^#]+#GATE#/, sk: /^S#/ },
  { type: "rate", pk: /^T#[^#]+#GATE#/, sk: /^R$/ },
  { type: "group", pk: /^T#[^#]+#GROUPS$/ },
  { type: "tenant", pk: /^T#[^#]+#TENANT$/ },
  { type: "budget", pk: /^T#[^#]+#BUDGET#/ },
  { type: "quota", pk: /^T#[^#]+#QUOTA#/ },
  { type: "lock", pk: /^T#[^#]+#LOCK#/ },
  { type: "joined", pk: /^T#[^#]+#JOINED#/ },
  { type: "schedule", pk: /^T#[^#]+#SCHEDULES$/ },
  { type: "slot", pk: /^T#[^#]+#SLOTS#/ },
  { type: "backfill", pk: /^T#[^#]+#BACKFILLS#/ },
  { type: "calendar", pk: /^T#[^#]+#CALENDARS$/ },
  { type: "trigger", pk: /^T#[^#]+#TRIGGERS$/ },
  { type: "webhook", pk: /^T#[^#]+#WEBHOOKS$/ },
  { type: "delivery", pk: /^T#[^#]+#DELIVERIES#/ },
  { type: "finding", pk: /^T#[^#]+#FINDINGS$/ },
  { type: "checkpoint", pk: /^SYS#(FEED#|WATCH)/ },
];

/** What kind of record lies under a key: a deletion in the stream shows nothing else. */
export function recordTypeOfKey(key: Key): RecordType | undefined {
  return forms.find(({ pk, sk }) => pk.test(key.pk) && (sk === undefined || sk.test(key.sk)))?.type;
}
