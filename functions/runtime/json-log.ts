import type { Clock } from "../../shared/ports/clock.ts";
import type { Log, LogFields } from "../../shared/ports/log.ts";

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface JsonLogOptions {
  readonly level: LogLevel;
  readonly clock: Clock;
  readonly write: (line: string) => void;
  /** Added to every line. */
  readonly fields?: LogFields;
}

/** One JSON object per line: level, timestamp (the names Lambda's log filter reads), message, fields. */
export function openJsonLog(options: JsonLogOptions): Log {
  const threshold = logLevels.indexOf(options.level);
  const at =
    (level: Exclude<LogLevel, "silent">) =>
    (message: string, fields?: LogFields): void => {
      if (logLevels.indexOf(level) < threshold) return;
      const timestamp = new Date(options.clock.now()).toISOString();
      options.write(
        `${JSON.stringify({ level, timestamp, message, ...options.fields, ...fields })}\n`,
      );
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
