import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { PackageOrder } from "../../../shared/contract/http/work.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { AttemptError } from "../../../shared/instance/instance.ts";
import type { CodePlace } from "../../adapters/local/executor/code-place.ts";
import { downloadPackage } from "./download-package.ts";
import { BadPackageError, unzipPackage } from "./unzip-package.ts";

export type OpenedPackage =
  | { readonly outcome: "ready"; readonly code: CodePlace }
  | { readonly outcome: "failed"; readonly error: AttemptError };

export type UnpackedPackage =
  | { readonly outcome: "ready"; readonly folder: string }
  | { readonly outcome: "failed"; readonly error: AttemptError };

/** Packages of deployed functions, unpacked once and shared by all attempts of this machine. */
export interface PackageCache {
  /** Downloads and unpacks what is not there yet, whatever its runtime; says where it is. */
  unpack(order: PackageOrder): Promise<UnpackedPackage>;
  /** The same for a Node package; says how to run it, or why that is impossible. */
  open(order: PackageOrder): Promise<OpenedPackage>;
}

const filesMax = 50_000;
const downloadMsMax = 5 * 60_000;
/** In the order in which Lambda looks for them. */
const nodeEndings = [".js", ".mjs", ".cjs"];

/**
 * A cache in one folder, named by content: a folder that has its final name is complete, because it
 * is moved there as its last step. So several processes may share it without asking each other.
 */
export function openPackageCache(root: string): PackageCache {
  const opening = new Map<string, Promise<string>>();
  const folderOf = (order: PackageOrder): Promise<string> => {
    const known = opening.get(order.sha256);
    if (known !== undefined) return known;
    const folder = fetchInto(root, order);
    opening.set(order.sha256, folder);
    const forget = () => opening.delete(order.sha256);
    folder.then(forget, forget);
    return folder;
  };
  const unpack = async (order: PackageOrder): Promise<UnpackedPackage> => {
    try {
      return { outcome: "ready", folder: await folderOf(order) };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const message = `the package ${order.sha256.slice(0, 16)} cannot be opened: ${why}`;
      return failed(
        error instanceof BadPackageError ? "missing_function" : "backend_fault",
        message,
      );
    }
  };
  return {
    unpack,
    async open(order) {
      const { runtime } = order;
      if (!runtime.startsWith("nodejs")) {
        const message = `${runtime} is not supported here; this runner runs Node packages`;
        return failed("missing_function", message);
      }
      const unpacked = await unpack(order);
      return unpacked.outcome === "failed" ? unpacked : await codeIn(unpacked.folder, order);
    },
  };
}

async function fetchInto(root: string, order: PackageOrder): Promise<string> {
  const folder = join(root, order.sha256);
  if (await exists(folder)) return folder;
  const zip = await downloadPackage(order, downloadMsMax);
  const draft = join(root, `.new-${randomUUID()}`);
  try {
    await mkdir(draft, { recursive: true });
    await unzipPackage(zip, draft, { bytesMax: limits.packageBytesMax, filesMax });
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another process was faster with the same content.
    if (!(await exists(folder))) throw error;
  }
  return folder;
}

/** Lambda's "module.export" as a file and an export of the package. */
async function codeIn(folder: string, order: PackageOrder): Promise<OpenedPackage> {
  const dot = order.handler.lastIndexOf(".");
  const name = order.handler.slice(0, dot);
  for (const ending of nodeEndings) {
    if (!(await exists(join(folder, name + ending)))) continue;
    const environment = { ...order.environment, LAMBDA_TASK_ROOT: folder };
    const code = {
      folder,
      module: name + ending,
      export: order.handler.slice(dot + 1),
      environment,
    };
    return { outcome: "ready", code };
  }
  const message = `the package has no ${nodeEndings.map((ending) => name + ending).join(", ")} for its handler "${order.handler}"`;
  return failed("missing_function", message);
}

async function exists(path: string): Promise<boolean> {
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  return facts !== undefined;
}

function failed(errorClass: AttemptError["class"], message: string) {
  return { outcome: "failed", error: { class: errorClass, message } } as const;
}
