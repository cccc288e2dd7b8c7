import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { App } from "aws-cdk-lib";
import { readOptions } from "./config.ts";
import { addSwitchyard } from "./switchyard-app.ts";

const dist = resolve(fileURLToPath(import.meta.url), "../../dist");
const app = new App();
addSwitchyard(
  app,
  readOptions((key) => app.node.tryGetContext(key)),
  { bundles: resolve(dist, "lambda"), runnerFolder: resolve(dist, "runner") },
);
app.synth();
