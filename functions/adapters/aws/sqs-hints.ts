import type { HintMessage } from "../../../shared/contract/messages.ts";
import type { Hint, Hints } from "../../../shared/ports/hints.ts";
import type { Log } from "../../../shared/ports/log.ts";
import { type SqsSenderOptions, sendNotes } from "./sqs-sender.ts";

export interface SqsHintsOptions extends SqsSenderOptions {
  /** Names the tenant as message group, which makes a standard queue fair between tenants. */
  readonly fair: boolean;
  readonly log: Log;
}

/**
 * Hints as messages on the dispatch queue, ten to a request. A batch that cannot be sent is logged
 * and forgotten: every hinted instance has a wake.
 */
export function openSqsHints(options: SqsHintsOptions): Hints {
  return {
    async send(hints) {
      const notes = hints.map((hint) => ({
        body: JSON.stringify(messageFor(hint)),
        notBeforeMs: hint.notBeforeMs,
        ...(options.fair ? { groupId: hint.tenant } : {}),
      }));
      for (const { count, cause } of await sendNotes(options, notes)) {
        options.log.warn("hints not sent; the wakes bring them", { hints: count, cause });
      }
    },
  };
}

function messageFor({ tenant, instanceId }: Hint): HintMessage {
  return { kind: "hint", tenant, instanceId };
}
