export type TaskLogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Lines for the attempt's log. */
export interface TaskLog {
  debug(message: string, fields?: TaskLogFields): void;
  info(message: string, fields?: TaskLogFields): void;
  warn(message: string, fields?: TaskLogFields): void;
  error(message: string, fields?: TaskLogFields): void;
}

/** Writes through the console, which every backend keeps: our runner per attempt, Lambda in CloudWatch. */
export const consoleTaskLog: TaskLog = {
  debug: (message, fields) => print("DEBUG", message, fields),
  info: (message, fields) => print("INFO", message, fields),
  warn: (message, fields) => print("WARN", message, fields),
  error: (message, fields) => print("ERROR", message, fields),
};

function print(level: string, message: string, fields: TaskLogFields = {}): void {
  const members = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  // biome-ignore lint/suspicious/noConsole: the console is the log of a task's function.
  console.log(`${level} ${message}${members.join("")}`);
}
