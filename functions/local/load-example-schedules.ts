import { readFile } from "node:fs/promises";
import * as z from "zod";
import { TerminalError } from "../../shared/core/errors.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import { Name } from "../../shared/core/texts.ts";
import { ScheduleSpec } from "../../shared/schedule/schedule.ts";
import type { Engine } from "../runtime/engine.ts";
import { lastGenerationKey, loadSchedule } from "../runtime/schedule-records.ts";
import { defineSchedule } from "../schedules/define-schedule.ts";

const ExampleSchedules = z.record(Name, ScheduleSpec);

/** Defines the schedules of an examples file once: what was changed or deleted since stays so. */
export async function loadExampleSchedules(
  engine: Engine,
  context: TenantContext,
  file: string,
): Promise<void> {
  const parsed = ExampleSchedules.safeParse(JSON.parse(await readFile(file, "utf8")));
  if (!parsed.success) {
    throw new TerminalError(`${file} does not hold schedules: ${z.prettifyError(parsed.error)}`);
  }
  for (const [name, spec] of Object.entries(parsed.data)) {
    const [present, deleted] = await Promise.all([
      loadSchedule(engine.store, context.tenant, name),
      engine.store.get(lastGenerationKey(context.tenant, name)),
    ]);
    if (present === undefined && deleted === undefined) {
      await defineSchedule(engine, context, name, spec);
    }
  }
}
