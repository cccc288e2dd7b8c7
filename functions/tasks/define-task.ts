import { keys } from "../../shared/contract/keys.ts";
import { canonicalJson, type JsonValue } from "../../shared/core/json.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Change } from "../../shared/ports/store.ts";
import { gatheringProblem } from "../../shared/task/gathering.ts";
import type { TaskHead, TaskSpec, TaskVersion } from "../../shared/task/task.ts";
import { withFixedPackage } from "../functions-registry/resolve-package.ts";
import { unknownLimit } from "../limits/unknown-limit.ts";
import type { Engine } from "../runtime/engine.ts";
import { rejected, type UseCaseResult } from "../runtime/result.ts";

export interface DefinedTask {
  readonly head: TaskHead;
  readonly definition: TaskVersion;
  readonly created: boolean;
}

/**
 * Makes a new version when the content differs from the newest one; otherwise answers with that one.
 * With `onlyIfVersion`, only when that is the newest version (0 for a task that does not exist).
 */
export async function defineTask(
  engine: Engine,
  context: TenantContext,
  name: string,
  written: TaskSpec,
  onlyIfVersion?: number,
): Promise<UseCaseResult<DefinedTask>> {
  const { tenant, actor } = context;
  const problem =
    gatheringProblem(written) ?? (await unknownLimit(engine, tenant, written.limits ?? []));
  if (problem !== undefined) return rejected(problem);
  const spec = await withFixedPackage(engine, tenant, written);
  const fingerprint = engine.ids.fingerprint(canonicalJson(spec as unknown as JsonValue));
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const headRecord = await engine.store.get(keys.taskHead(tenant, name));
    const head = headRecord?.body as TaskHead | undefined;
    const newestVersion = head?.latestVersion ?? 0;
    if (onlyIfVersion !== undefined && onlyIfVersion !== newestVersion) {
      return rejected({
        code: "precondition_failed",
        detail: `version ${newestVersion} of the task ${name} is the newest, not ${onlyIfVersion}`,
        pointer: "If-Match",
        suggestion: "read the task, apply the change to it again, and send its new ETag",
      });
    }
    if (head !== undefined && head.fingerprint === fingerprint) {
      const newest = await engine.definitions.version(tenant, name, head.latestVersion);
      if (newest !== undefined) {
        return { outcome: "done", value: { head, definition: newest, created: false } };
      }
    }
    const nowMs = engine.clock.now();
    const definition: TaskVersion = {
      tenant,
      name,
      taskVersion: newestVersion + 1,
      spec,
      fingerprint,
      createdAtMs: nowMs,
      createdBy: actor,
    };
    const nextHead: TaskHead = {
      ...(head ?? { createdAtMs: nowMs }),
      tenant,
      name,
      latestVersion: definition.taskVersion,
      fingerprint,
      updatedAtMs: nowMs,
    };
    const result = await engine.store.write(
      changesFor(definition, nextHead, headRecord?.version ?? "absent"),
    );
    if (result.outcome === "wrote") {
      engine.log.info("task defined", { task: name, taskVersion: definition.taskVersion });
      return { outcome: "done", value: { head: nextHead, definition, created: true } };
    }
  }
  return rejected({
    code: "conflict",
    detail: `others keep changing the task ${name}; nothing was changed`,
    suggestion: "try again",
  });
}

function changesFor(
  definition: TaskVersion,
  nextHead: TaskHead,
  expect: "absent" | number,
): readonly Change[] {
  const { tenant, name, taskVersion } = definition;
  return [
    {
      kind: "put",
      expect: "absent",
      record: {
        key: keys.taskVersion(tenant, name, taskVersion),
        type: "task-version",
        body: definition,
      },
    },
    {
      kind: "put",
      expect,
      record: { key: keys.taskHead(tenant, name), type: "task", body: nextHead },
    },
  ];
}
