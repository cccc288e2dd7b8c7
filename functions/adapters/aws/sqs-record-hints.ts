import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type {
  IntakeMessage,
  MirrorMessage,
  WebhookCall,
} from "../../../shared/contract/messages.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { Log } from "../../../shared/ports/log.ts";
import type { RecordHint, RecordHints } from "../../../shared/ports/record-hints.ts";
import { callAws, messageOf } from "./aws-call.ts";
import { type SqsSenderOptions, sendNotes } from "./sqs-sender.ts";

/** Whom this function may tell; hints for anybody else are left to the timekeeper. */
export interface SqsRecordHintsOptions extends Omit<SqsSenderOptions, "client" | "queueUrl"> {
  readonly log: Log;
  /** Gets hints about schedules, backfills and gates. */
  readonly intake?: Pick<SqsSenderOptions, "client" | "queueUrl">;
  /** Opened with the first call to a function, which most invocations never come to. */
  readonly lambda: () => Promise<LambdaClient>;
  readonly mirrorFunction?: string | undefined;
  readonly webhookFunction?: string | undefined;
}

type HintOf<Kind extends RecordHint["kind"]> = Extract<RecordHint, { kind: Kind }>;

const triesMax = 2;

/**
 * Schedules, backfills and gates are looked at through the intake queue; mirrors and webhooks each have a
 * function that is called without waiting for it. Hints that cannot be sent are logged and
 * forgotten: every record that needs a look has a wake.
 */
export function openSqsRecordHints(options: SqsRecordHintsOptions): RecordHints {
  return {
    mirrors: options.mirrorFunction !== undefined,
    async send(hints) {
      await Promise.all([
        sendToIntake(options, hints),
        call(options, options.mirrorFunction, mirrorMessages(dueOf(options, hints, "mirror"))),
        call(options, options.webhookFunction, webhookCalls(dueOf(options, hints, "delivery"))),
      ]);
    },
  };
}

async function sendToIntake(
  { intake, ...options }: SqsRecordHintsOptions,
  hints: readonly RecordHint[],
): Promise<void> {
  const looks = hints.filter(isForIntake);
  if (intake === undefined || looks.length === 0) return;
  const notes = looks.map((hint) => ({
    body: JSON.stringify(lookOf(hint)),
    notBeforeMs: hint.notBeforeMs,
  }));
  for (const { count, cause } of await sendNotes({ ...options, ...intake }, notes)) {
    options.log.warn("hints about records not sent; the wakes bring them", { hints: count, cause });
  }
}

type IntakeHint = HintOf<"schedule" | "backfill" | "gate">;

function isForIntake(hint: RecordHint): hint is IntakeHint {
  return hint.kind === "schedule" || hint.kind === "backfill" || hint.kind === "gate";
}

function lookOf(hint: IntakeHint): IntakeMessage {
  const { kind, tenant, name } = hint;
  return kind === "schedule" ? { kind, tenant, name } : { kind, tenant, name, id: hint.id };
}

/** Calls cannot be delayed: what is not due yet is found by the tick after its time. */
function dueOf<Kind extends "mirror" | "delivery">(
  { clock }: SqsRecordHintsOptions,
  hints: readonly RecordHint[],
  kind: Kind,
): readonly HintOf<Kind>[] {
  const nowMs = clock.now();
  return hints.filter(
    (hint): hint is HintOf<Kind> => hint.kind === kind && (hint.notBeforeMs ?? 0) <= nowMs,
  );
}

function mirrorMessages(hints: readonly HintOf<"mirror">[]): readonly MirrorMessage[] {
  return handfuls(hints).map((some) => ({
    kind: "mirror",
    records: some.map(({ of, tenant, name }) => ({ of, tenant, name })),
  }));
}

function webhookCalls(hints: readonly HintOf<"delivery">[]): readonly WebhookCall[] {
  return handfuls(hints).map((some) => ({
    kind: "deliveries",
    records: some.map(({ tenant, name, id }) => ({ tenant, name, id })),
  }));
}

function handfuls<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const handfuls: (readonly Item[])[] = [];
  for (let start = 0; start < items.length; start += limits.recordHintsPerCallMax) {
    handfuls.push(items.slice(start, start + limits.recordHintsPerCallMax));
  }
  return handfuls;
}

async function call(
  options: SqsRecordHintsOptions,
  functionName: string | undefined,
  messages: readonly (MirrorMessage | WebhookCall)[],
): Promise<void> {
  if (functionName === undefined) return;
  await Promise.all(messages.map((message) => callOnce(options, functionName, message)));
}

async function callOnce(
  { lambda, log, meter, pace }: SqsRecordHintsOptions,
  functionName: string,
  message: MirrorMessage | WebhookCall,
): Promise<void> {
  const aws = {
    action: "lambda:InvokeFunction",
    target: functionName,
    repeatUnclear: true,
    triesMax,
    ...(pace === undefined ? {} : { pace }),
  };
  const command = new InvokeCommand({
    FunctionName: functionName,
    InvocationType: "Event",
    Payload: JSON.stringify(message),
  });
  try {
    const client = await lambda();
    await callAws(aws, () => client.send(command));
    meter.count("lambda.requests", 1);
  } catch (error) {
    log.warn("hints about records not sent; the wakes bring them", {
      function: functionName,
      cause: messageOf(error),
    });
  }
}
