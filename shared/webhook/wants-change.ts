import { isTerminal } from "../instance/moves.ts";
import type { InstanceStateChanged } from "../instance/state-changes.ts";
import type { Webhook } from "./webhook.ts";

/** Whether messages go to the webhook's receiver at all. */
export function isReceiving({ spec, gone }: Webhook): boolean {
  return spec.active && gone === undefined;
}

/** Whether the webhook's receiver is to be told of a change. */
export function wantsChange(webhook: Webhook, change: InstanceStateChanged): boolean {
  const { states, tasks, groups } = webhook.spec;
  return (
    isReceiving(webhook) &&
    webhook.tenant === change.tenant &&
    (states === undefined ? isTerminal(change.to) : states.includes(change.to)) &&
    (tasks === undefined || tasks.includes(change.task)) &&
    (groups === undefined || (change.group !== undefined && groups.includes(change.group)))
  );
}
