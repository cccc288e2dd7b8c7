import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { functionNames, optionalFunctionNames } from "../../shared/contract/env.ts";

/** What can be built on its own. */
export const bundleGroups = ["lambda", "local", "runner", "cli", "examples"] as const;
export type BundleGroup = (typeof bundleGroups)[number];

/** One bundle: an entry file and where its code goes. */
export interface BundleTarget {
  /** Name in dist/meta.json. */
  readonly name: string;
  readonly group: BundleGroup;
  /** Relative to the repository, with forward slashes. */
  readonly entry: string;
  /** Folder below dist; several bundles may go to the same one. */
  readonly outFolder: string;
  readonly outName: string;
  readonly minify: boolean;
  /** Packages left to be found in node_modules at run time. */
  readonly external: readonly string[];
}

/** Part of the bundles where they are installed; missing ones are found missing when they are used. */
const optionalPackages = ["@alicloud/fc20230330", "@alicloud/openapi-core"];

const nativePackages = [
  // Carries a compiled addon that it finds beside its own package.json.
  "classic-level",
  // Only where this cloud is used, which is decided at run time.
  ...optionalPackages,
  // A binary, started as a process; never imported.
  "@dynoxide/linux-x64",
];

const targetsOf: Record<BundleGroup, (root: string) => readonly BundleTarget[]> = {
  lambda: lambdaTargets,
  local: localTargets,
  runner: runnerTargets,
  cli: cliTargets,
  examples: exampleTargets,
};

/** The bundles of the named groups; the examples are what their folder holds. */
export function bundleTargets(
  root: string,
  groups: readonly BundleGroup[],
): readonly BundleTarget[] {
  return groups.flatMap((group) => targetsOf[group](root));
}

function lambdaTargets(root: string): readonly BundleTarget[] {
  const missing = optionalPackages.filter((name) => !existsSync(join(root, "node_modules", name)));
  return [...functionNames, ...optionalFunctionNames].map((name) => ({
    name: `lambda/${name}`,
    group: "lambda",
    entry: `functions/${name}/handler.ts`,
    outFolder: `lambda/${name}`,
    outName: "index",
    // Bytes read and parsed at every cold start.
    minify: true,
    external: missing,
  }));
}

function localTargets(): readonly BundleTarget[] {
  const shape = { group: "local", outFolder: "local", minify: false } as const;
  return [
    {
      ...shape,
      name: "local/host",
      entry: "functions/local/main.ts",
      outName: "host",
      external: nativePackages,
    },
    {
      ...shape,
      name: "local/runner",
      entry: "functions/runner/runner.ts",
      outName: "runner",
      external: [],
    },
    {
      ...shape,
      name: "local/canary",
      entry: "functions/local/canary-function.ts",
      outName: "canary",
      external: [],
    },
  ];
}

/** All that the runner's image holds, in one folder; the worker also serves the command line. */
function runnerTargets(): readonly BundleTarget[] {
  const shape = { group: "runner", outFolder: "runner", minify: false, external: [] } as const;
  return [
    {
      ...shape,
      name: "runner/container",
      entry: "functions/runner/container.ts",
      outName: "container",
    },
    { ...shape, name: "runner/runner", entry: "functions/runner/runner.ts", outName: "runner" },
    {
      ...shape,
      name: "runner/worker",
      entry: "functions/runner/worker/worker.ts",
      outName: "worker",
    },
    {
      ...shape,
      name: "runner/switchyard",
      entry: "client/cli/main.ts",
      outName: "switchyard",
    },
  ];
}

function cliTargets(): readonly BundleTarget[] {
  return [
    {
      name: "cli/switchyard",
      group: "cli",
      entry: "client/cli/main.ts",
      outFolder: "cli",
      outName: "switchyard",
      minify: false,
      external: nativePackages,
    },
    {
      // What `import … from "switchyard"` finds: see "exports" in package.json.
      name: "client/switchyard",
      group: "cli",
      entry: "client/switchyard.ts",
      outFolder: "client",
      outName: "switchyard",
      minify: false,
      external: [],
    },
  ];
}

function exampleTargets(root: string): readonly BundleTarget[] {
  const folder = "examples/functions";
  const present = existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : [];
  const files = present.filter((file) => file.endsWith(".ts"));
  if (files.length === 0) throw new Error(`${folder} holds no .ts file: there is nothing to build`);
  return files.sort().map((file) => {
    const outName = basename(file, ".ts");
    return {
      name: `examples/functions/${outName}`,
      group: "examples",
      entry: `${folder}/${file}`,
      outFolder: "examples/functions",
      outName,
      minify: false,
      external: [],
    };
  });
}
