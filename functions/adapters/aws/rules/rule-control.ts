import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { MatchPlace } from "../../../../shared/event/mirrored-rule.ts";
import { askAws, type Meanings, type Said } from "../ask-aws.ts";
import type { Pace } from "../dynamo/table-access.ts";

export interface RuleMirrorOptions {
  /** Opened with `awsClientDefaults`. */
  readonly client: EventBridgeClient;
  /** Our own bus. */
  readonly busName: string;
  /** Whether triggers may listen to the account's default bus. */
  readonly defaultBus: boolean;
  /** What the names of our rules start with. */
  readonly rulePrefix: string;
  /** Written on what is made; only what carries it is changed or removed. */
  readonly owner: string;
  readonly place: MatchPlace;
  readonly pace?: Pace;
}

export type Bus = "switchyard" | "default";

/** Which rule, as EventBridge wants to be told. */
export interface RuleAt {
  readonly Name: string;
  readonly EventBusName: string;
}

const triesMax = 8;

const meanings: Meanings = {
  ResourceNotFoundException: "missing",
  ConcurrentModificationException: "conflict",
  ManagedRuleException: "no",
  InvalidEventPatternException: "no",
  LimitExceededException: "no",
  ValidationException: "no",
  InvalidStateException: "no",
  OperationDisabledException: "no",
  PolicyLengthExceededException: "no",
};

export function busNameOf({ busName }: RuleMirrorOptions, bus: Bus): string {
  return bus === "default" ? "default" : busName;
}

/** Asks EventBridge until there is an answer; every request here is harmless twice. */
export function askRules<Value>(
  { pace }: RuleMirrorOptions,
  action: string,
  target: string,
  send: () => Promise<Value>,
): Promise<Said<Value>> {
  const call = {
    action: `events:${action}`,
    target,
    repeatUnclear: true,
    triesMax,
    ...(pace === undefined ? {} : { pace }),
  };
  return askAws(call, meanings, send);
}
