import type { HintMessage } from "../../../shared/contract/messages.ts";
import type { Hint, Hints } from "../../../shared/ports/hints.ts";
import type { Log } from "../../../shared/ports/log.ts";
import { type SqsSenderOptions, sendNotes } from "./sqs-sender.ts";

/** What a standard queue is fair between, if anything. */
export type FairBy = "tenant" | "lane" | "off";

export interface SqsHintsOptions extends SqsSenderOptions {
  /** Named as message group. */
  readonly fairBy: FairBy;
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
        ...groupOf(options.fairBy, hint),
      }));
      for (const { count, cause } of await sendNotes(options, notes)) {
        options.log.warn("hints not sent; the wakes bring them", { hints: count, cause });
      }
    },
  };
}

function groupOf(fairBy: FairBy, { tenant, lane }: Hint): { readonly groupId?: string } {
  if (fairBy === "off") return {};
  return { groupId: fairBy === "lane" ? (lane ?? tenant) : tenant };
}

function messageFor({ tenant, instanceId }: Hint): HintMessage {
  return { kind: "hint", tenant, instanceId };
}
