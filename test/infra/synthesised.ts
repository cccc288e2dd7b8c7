import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { type DeploymentOptions, optionsOf } from "../../infra/config.ts";
import type { Template } from "../../infra/rules/template.ts";
import {
  addSwitchyard,
  type BuiltParts,
  type SwitchyardStacks,
} from "../../infra/switchyard-app.ts";
import { functionNames, optionalFunctionNames } from "../../shared/contract/env.ts";
import { cdkJson } from "./repository.ts";

/** Stand-ins for built parts: templates differ from real ones in asset hashes only. */
function emptyParts(): BuiltParts {
  const runnerFolder = mkdtempSync(join(tmpdir(), "switchyard-runner-"));
  for (const file of ["Dockerfile", "python.Dockerfile"]) {
    writeFileSync(join(runnerFolder, file), "FROM scratch\n");
  }
  return { bundles: emptyBundles(), runnerFolder };
}

function emptyBundles(): string {
  const folder = mkdtempSync(join(tmpdir(), "switchyard-bundles-"));
  for (const name of [...functionNames, ...optionalFunctionNames]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "index.mjs"), "export async function handler() {}\n");
  }
  return folder;
}

/**
 * An app as `cdk synth` makes it, with the stacks of one stage. CDK's own template validation takes
 * several seconds of processor time, so one test asks for it and the others go without.
 */
export function switchyardApp(
  options: DeploymentOptions = optionsOf("prod"),
  builtinCloudFormationValidation = false,
): { readonly app: App; readonly stacks: SwitchyardStacks } {
  const app = new App({
    context: cdkJson.context,
    analyticsReporting: false,
    builtinCloudFormationValidation,
  });
  return { app, stacks: addSwitchyard(app, options, emptyParts()) };
}

export interface Synthesised {
  readonly templates: Readonly<Record<string, Template>>;
  /** Paths of the same templates, in the same order. */
  readonly files: readonly string[];
}

/** The templates by stack, after every check of the synthesis has passed. */
export function synthesise(app: App): Synthesised {
  const { stacks, directory } = app.synth();
  if (stacks.length < 2) throw new Error(`expected two stacks or more, found ${stacks.length}`);
  return {
    templates: Object.fromEntries(stacks.map((stack) => [stack.id, stack.template])),
    files: stacks.map((stack) => join(directory, stack.templateFile)),
  };
}
