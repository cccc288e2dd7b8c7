#!/usr/bin/env node
import { existsSync } from "node:fs";

const bundle = new URL("../../dist/cli/switchyard.mjs", import.meta.url);
if (existsSync(bundle)) {
  await import(bundle.href);
} else {
  process.stderr.write("error switchyard is not built yet\nfix   run `npm run build` first\n");
  process.exitCode = 2;
}
