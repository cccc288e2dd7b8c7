import { attemptToView } from "../../../shared/contract/http/instance-to-view.ts";
import type { LogsView } from "../../../shared/contract/http/views.ts";
import { keys } from "../../../shared/contract/keys.ts";
import { limits } from "../../../shared/core/limits.ts";
import { truncateUtf8 } from "../../../shared/core/texts.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { Store } from "../../../shared/ports/store.ts";
import type { AttemptLogs } from "../../runtime/host-ports.ts";

/** The end of each attempt's log, in the order of the attempts. */
export async function readLogs(logs: AttemptLogs, instance: Instance): Promise<LogsView> {
  const { tenant, id, attempts } = instance;
  const texts = await Promise.all(
    attempts.map((attempt) =>
      logs.read(tenant, id, attempt.id, attempt.externalId, { instance, attempt }),
    ),
  );
  return {
    instanceId: id,
    items: attempts.map((attempt, place) => {
      const text = texts[place];
      const { number, backend, state } = attemptToView(attempt);
      return {
        attempt: number,
        attemptId: attempt.id,
        backend,
        state,
        available: text !== undefined,
        text: truncateUtf8(text ?? "", limits.logBytesMax),
      };
    }),
  };
}

/** Logs as completion keeps them, next to their instance. */
export function recordedLogs(store: Store): AttemptLogs {
  return {
    async read(tenant, instanceId, attemptId) {
      const record = await store.get(keys.log(tenant, instanceId, attemptId));
      return (record?.body as { readonly text: string } | undefined)?.text;
    },
  };
}
