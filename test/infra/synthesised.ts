import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { App } from "aws-cdk-lib";
import { type DeploymentOptions, optionsOf } from "../../infra/config.ts";
import type { Template } from "../../infra/rules/template.ts";
import { addSwitchyard, type SwitchyardStacks } from "../../infra/switchyard-app.ts";
import { functionNames } from "../../shared/contract/env.ts";

export const repository = resolve(fileURLToPath(import.meta.url), "../../..");

/** The context that the CDK CLI passes on: feature flags and the described stages. */
export const cdkJson: { readonly context: Record<string, unknown> } & Record<string, unknown> =
  JSON.parse(readFileSync(join(repository, "cdk.json"), "utf8"));

/** Stand-ins for built functions: templates differ from real ones in asset hashes only. */
export function placeholderBundles(): string {
  const folder = mkdtempSync(join(tmpdir(), "switchyard-bundles-"));
  for (const name of functionNames) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "index.mjs"), "export async function handler() {}\n");
  }
  return folder;
}

/** An app as `cdk synth` makes it, with the stacks of one stage. */
export function switchyardApp(options: DeploymentOptions = optionsOf("prod")): {
  readonly app: App;
  readonly stacks: SwitchyardStacks;
} {
  const app = new App({ context: cdkJson.context, analyticsReporting: false });
  return { app, stacks: addSwitchyard(app, options, placeholderBundles()) };
}

/** The templates by stack, after every check of the synthesis has passed. */
export function synthesise(app: App): Readonly<Record<"Data" | "ControlPlane", Template>> {
  const { stacks } = app.synth();
  const named = (id: string): Template => {
    const stack = stacks.find((candidate) => candidate.id === id);
    if (stack === undefined) throw new Error(`no stack ${id} was synthesised`);
    return stack.template;
  };
  return { Data: named("Data"), ControlPlane: named("ControlPlane") };
}
