import { readFile } from "node:fs/promises";
import * as z from "zod";
import { TerminalError } from "../../shared/core/errors.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import { Name } from "../../shared/core/texts.ts";
import { TaskSpec } from "../../shared/task/task.ts";
import type { Engine } from "../runtime/engine.ts";
import { defineTask } from "../tasks/define-task.ts";

const ExampleTasks = z.record(Name, TaskSpec);

/** Defines every task of an examples file; unchanged ones make no new version. */
export async function loadExamples(
  engine: Engine,
  context: TenantContext,
  file: string,
): Promise<readonly string[]> {
  const parsed = ExampleTasks.safeParse(JSON.parse(await readFile(file, "utf8")));
  if (!parsed.success) {
    throw new TerminalError(
      `${file} does not hold task definitions: ${z.prettifyError(parsed.error)}`,
    );
  }
  const names: string[] = [];
  for (const [name, spec] of Object.entries(parsed.data)) {
    const result = await defineTask(engine, context, name, spec);
    if (result.outcome === "rejected")
      throw new TerminalError(`${file}: ${result.rejection.detail}`);
    names.push(name);
  }
  return names;
}
