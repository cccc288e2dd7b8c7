export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** One structured line per decision: constant message, data in fields, never payloads. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
