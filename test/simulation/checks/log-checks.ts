import type { Instance } from "../../../shared/instance/instance.ts";
import type { AttemptReport } from "../../../shared/ports/backend.ts";
import type { FeedChange } from "../../../shared/ports/store.ts";
import type { Writer } from "../world/faulty-store.ts";
import type { World } from "../world/world.ts";

/** One write's changes: an attempt's log comes with the attempt's end, and the end with its log. */
export function checkLogs(
  world: World,
  writer: Writer | undefined,
  changes: readonly FeedChange[],
  instances: ReadonlyMap<string, Instance>,
): void {
  const logs = changes.filter(({ type }) => type === "log");
  const written = changes.filter(({ type }) => type === "instance");
  for (const { key } of logs) {
    if (written.some((change) => change.key.pk === key.pk)) continue;
    world.violate("log with its end", `${key.pk} ${key.sk} was written alone`);
  }
  if (writer === undefined || !writer.name.startsWith("complete")) return;
  const reports = writer.task as readonly AttemptReport[];
  for (const { record } of written) {
    const instance = record && instances.get((record.body as unknown as Instance).id);
    const ended = instance?.attempts.at(-1);
    if (ended?.outcome === undefined) continue;
    const said = reports.filter(
      (report) => report.attemptId === ended.id && report.token === ended.token,
    );
    // Duplicates in one batch may differ in what they bring; then either may have been first.
    const allBring = said.every((report) => "log" in report && report.log !== undefined);
    if (said.length > 0 && allBring && logs.length === 0) {
      world.violate("log with its end", `the log of ${ended.id} was not written with its end`);
    }
  }
}
