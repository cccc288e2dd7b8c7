import { type Rejection, TransientError } from "../../shared/core/errors.ts";
import { nearestName } from "../../shared/core/nearest-name.ts";
import type { Submission } from "../../shared/instance/submission.ts";
import { taskNames } from "../lists/merged-scan.ts";
import type { Engine } from "../runtime/engine.ts";
import { notAcknowledged, taskNotFound } from "../runtime/result.ts";
import type { TaskWithDefinition } from "../tasks/read-tasks.ts";

export type FoundTask = TaskWithDefinition | Rejection;

/** What the submissions of a batch name, each task and version looked up once. */
export class FoundTasks {
  readonly #found: ReadonlyMap<string, FoundTask>;

  private constructor(found: ReadonlyMap<string, FoundTask>) {
    this.#found = found;
  }

  static async of(
    engine: Engine,
    tenant: string,
    submissions: readonly Submission[],
  ): Promise<FoundTasks> {
    const wanted = new Map<string, Submission>();
    for (const submission of submissions) wanted.set(nameOf(submission), submission);
    const suggestions = new Suggestions(engine, tenant);
    const found = await Promise.all(
      [...wanted].map(
        async ([name, submission]) =>
          [name, await find(engine, tenant, submission, suggestions)] as const,
      ),
    );
    return new FoundTasks(new Map(found));
  }

  get(submission: Submission): FoundTask {
    // Every submission of the batch was looked up.
    return this.#found.get(nameOf(submission)) ?? taskNotFound(submission.task);
  }
}

/** No name holds an @. */
function nameOf({ task, version }: Submission): string {
  return version === undefined ? task : `${task}@${version}`;
}

/** A fault of the store is the answer of the submissions that name this task, not of all. */
async function find(
  engine: Engine,
  tenant: string,
  submission: Submission,
  suggestions: Suggestions,
): Promise<FoundTask> {
  const { task, version } = submission;
  try {
    const head = await engine.definitions.head(tenant, task);
    if (head === undefined) return taskNotFound(task, await suggestions.for(task));
    const wanted = version ?? head.latestVersion;
    const definition = await engine.definitions.version(tenant, task, wanted);
    if (definition !== undefined) return { head, definition };
    return {
      code: "task_version_not_found",
      pointer: "/version",
      detail: `task ${task} has no version ${wanted}`,
      suggestion: `its newest version is ${head.latestVersion}`,
    };
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    engine.log.warn("submission not acknowledged", { task, cause: error.message });
    return notAcknowledged;
  }
}

/** Comparing names is work, so a batch of nonsense gets only so many suggestions. */
const suggestionsMax = 5;

class Suggestions {
  readonly #engine: Engine;
  readonly #tenant: string;
  #names: Promise<readonly string[]> | undefined;
  #given = 0;

  constructor(engine: Engine, tenant: string) {
    this.#engine = engine;
    this.#tenant = tenant;
  }

  async for(name: string): Promise<string | undefined> {
    this.#given += 1;
    if (this.#given > suggestionsMax) return undefined;
    this.#names ??= taskNames(this.#engine.store, this.#tenant);
    const nearest = nearestName(name, await this.#names);
    return nearest === undefined ? undefined : `did you mean "${nearest}"?`;
  }
}
