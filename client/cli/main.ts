import { runCli } from "./run-cli.ts";
import { openProcessTerminal } from "./terminal.ts";

// Not process.exit: what was written to a pipe must arrive first.
process.exitCode = await runCli(process.argv.slice(2), process.env, openProcessTerminal());
