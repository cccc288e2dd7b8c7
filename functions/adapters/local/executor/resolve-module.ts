import { readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { nearestName } from "../../../../shared/core/nearest-name.ts";
import type { AttemptError } from "../../../../shared/instance/instance.ts";

export type ResolvedModule =
  | { readonly outcome: "found"; readonly path: string; readonly modifiedAtMs: number }
  | { readonly outcome: "missing"; readonly error: AttemptError };

const namesListedMax = 500;

/** Finds a task's module below the functions folder; links that lead out of it lead nowhere. */
export function resolveModule(functionsRoot: string, module: string): ResolvedModule {
  const root = realPath(functionsRoot);
  if (root === undefined) return missing(`the functions folder ${functionsRoot} does not exist`);
  const wanted = join(root, module);
  if (!isInside(root, wanted)) return missing(`module "${module}" is outside ${root}`);
  const path = realPath(wanted);
  if (path === undefined) return missing(notFound(root, wanted, module));
  if (!isInside(root, path)) {
    return missing(`module "${module}" is a link to ${path}, which is outside ${root}`);
  }
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isFile()) return missing(`${path} is not a file`);
  return { outcome: "found", path, modifiedAtMs: stats.mtimeMs };
}

/** When the file was last changed; undefined when it is gone. */
export function modifiedAtMs(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    // Missing, a loop of links, or not ours to read: for the task it is not there.
    return undefined;
  }
}

function isInside(root: string, path: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function notFound(root: string, wanted: string, module: string): string {
  const names = fileNames(dirname(wanted));
  const near = nearestName(basename(wanted), names);
  const suggestion =
    near === undefined
      ? ""
      : `; did you mean "${relative(root, join(dirname(wanted), near))
          .split(sep)
          .join("/")}"?`;
  return `no module "${module}" in ${root}${suggestion}`;
}

function fileNames(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => /\.m?js$/.test(name));
    return names.slice(0, namesListedMax);
  } catch {
    // The folder itself is missing: there is nothing to suggest.
    return [];
  }
}

function missing(message: string): ResolvedModule {
  return { outcome: "missing", error: { class: "missing_function", message } };
}
