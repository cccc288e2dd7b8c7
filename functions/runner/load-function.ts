import { pathToFileURL } from "node:url";
import { nearestName } from "../../shared/core/nearest-name.ts";
import type { AttemptError } from "../../shared/instance/instance.ts";
import type { RunnerSetup } from "./protocol.ts";
import { thrownError } from "./thrown-error.ts";

/** A task's function: event and context in, output out. */
export type TaskCode = (event: unknown, context: unknown) => unknown;

export type LoadedFunction =
  | { readonly outcome: "loaded"; readonly run: TaskCode }
  | { readonly outcome: "unusable"; readonly error: AttemptError };

/** Imports the module and finds the export; the answer to every failure names what was looked for. */
export async function loadFunction(setup: RunnerSetup): Promise<LoadedFunction> {
  let module: Record<string, unknown>;
  try {
    module = await import(pathToFileURL(setup.modulePath).href);
  } catch (thrown) {
    const error = thrownError(thrown, setup.errorMessageBytesMax);
    return unusable({ ...error, message: `${setup.module} failed to load: ${error.message}` });
  }
  const found = exportOf(module, setup.export);
  if (isTaskCode(found)) return { outcome: "loaded", run: found };
  if (found !== undefined) {
    return missing(
      `"${setup.export}" of ${setup.module} is a ${typeof found}, not a function (${setup.modulePath})`,
    );
  }
  const names = functionNames(module);
  const near = nearestName(setup.export, names);
  const known = names.length === 0 ? "no functions" : `functions ${names.slice(0, 20).join(", ")}`;
  return missing(
    `${setup.module} has no export "${setup.export}"${near === undefined ? "." : `; did you mean "${near}"?`} It exports ${known} (${setup.modulePath})`,
  );
}

/** CommonJS modules whose exports cannot be seen from outside still have them on their default export. */
function exportOf(module: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(module, name)) return module[name];
  const whole = module.default;
  if (typeof whole !== "object" || whole === null || !Object.hasOwn(whole, name)) return undefined;
  return Reflect.get(whole, name);
}

function functionNames(module: Record<string, unknown>): readonly string[] {
  return Object.keys(module).filter((name) => typeof module[name] === "function");
}

function isTaskCode(value: unknown): value is TaskCode {
  return typeof value === "function";
}

function missing(message: string): LoadedFunction {
  return unusable({ class: "missing_function", message });
}

function unusable(error: AttemptError): LoadedFunction {
  return { outcome: "unusable", error };
}
