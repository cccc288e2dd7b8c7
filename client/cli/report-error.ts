import { SwitchyardError } from "../sdk/switchyard-error.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { paintWith, plainText } from "./styles.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

interface Report {
  readonly what: string;
  readonly why?: string | undefined;
  readonly fix?: string | undefined;
  readonly exitCode: ExitCode;
}

/** Says what happened, why, and how to put it right; answers with the exit code. */
export function reportError(
  error: unknown,
  terminal: Terminal,
  asJson: boolean,
  server: string,
): ExitCode {
  const report = reportOf(error, server);
  if (asJson) {
    const facts = error instanceof SwitchyardError ? problemOf(error) : { detail: report.what };
    terminal.err(`${JSON.stringify({ error: { ...facts, suggestion: report.fix } })}\n`);
    return report.exitCode;
  }
  const paint = paintWith(terminal.errColours);
  terminal.err(`${paint("red", "error")} ${plainText(report.what)}\n`);
  if (report.why !== undefined) terminal.err(`${paint("dim", "why")}   ${plainText(report.why)}\n`);
  if (report.fix !== undefined) terminal.err(`${paint("dim", "fix")}   ${plainText(report.fix)}\n`);
  return report.exitCode;
}

function reportOf(error: unknown, server: string): Report {
  if (error instanceof UsageError) {
    return { what: error.message, fix: error.fix, exitCode: exitCodes.usage };
  }
  if (error instanceof SwitchyardError) return reportOfClient(error, server);
  if (error instanceof Error && "code" in error && "path" in error) {
    return {
      what: `the file ${String(error.path)} cannot be read (${String(error.code)})`,
      fix: "check its name; - reads standard input",
      exitCode: exitCodes.usage,
    };
  }
  return {
    what: error instanceof Error ? (error.stack ?? error.message) : String(error),
    why: "this is a bug of the command line tool",
    exitCode: exitCodes.failed,
  };
}

function reportOfClient(error: SwitchyardError, server: string): Report {
  const { code, status, detail, pointer, suggestion } = error;
  if (code === "timeout") return { what: detail, fix: suggestion, exitCode: exitCodes.timeout };
  if (code === "unreachable" && error.notApplied) {
    return {
      what: `no server answers at ${server}`,
      why: detail,
      fix: "start one on this machine with `npm start`, or name yours with --server URL or SWITCHYARD_URL",
      exitCode: exitCodes.unreachable,
    };
  }
  if (status >= 400 && code !== "bad_answer") {
    return {
      what: detail,
      why: `the server answered ${status} ${code}${pointer === undefined ? "" : ` about ${pointer}`}`,
      fix: suggestion,
      exitCode: status < 500 ? exitCodes.refused : exitCodes.unreachable,
    };
  }
  const exitCode = code === "invalid_submission" ? exitCodes.usage : exitCodes.unreachable;
  return { what: detail, why: `talking to ${server}`, fix: suggestion, exitCode };
}

function problemOf(error: SwitchyardError): object {
  const { code, status, detail, pointer } = error;
  return { code, status, detail, pointer };
}

/** One line about one of several failures. */
export function errorLine(error: SwitchyardError): string {
  const about = error.pointer === undefined ? "" : ` (${error.pointer})`;
  const fix = error.suggestion === undefined ? "" : `; ${error.suggestion}`;
  return `${error.code}: ${error.detail}${about}${fix}`;
}
