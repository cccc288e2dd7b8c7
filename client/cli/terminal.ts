import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { text as readAll } from "node:stream/consumers";

/** Where a command reads from and writes to. */
export interface Terminal {
  /** Results: what a script reads. */
  out(text: string): void;
  /** Progress, hints and errors: what a person reads. */
  err(text: string): void;
  /** Cells per line of results; infinite where nobody looks. */
  readonly columns: number;
  readonly rows: number;
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  readonly outColours: boolean;
  readonly errColours: boolean;
  nowMs(): number;
  /** A file's text; `-` is standard input. */
  readText(path: string): Promise<string>;
  /** A file's lines as they come; `-` is standard input. */
  ask(question: string): Promise<string>;
  /** Whether somebody can be asked. */
  readonly interactive: boolean;
}

export function openProcessTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  const noColour = (env.NO_COLOR ?? "") !== "" || env.TERM === "dumb";
  const columns = Number(env.COLUMNS);
  // A reader such as `head` that has seen enough is no failure.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    columns: Number.isInteger(columns) && columns > 0 ? columns : (stdout.columns ?? Infinity),
    rows: stderr.rows ?? 24,
    outIsTty: stdout.isTTY === true,
    errIsTty: stderr.isTTY === true,
    outColours: stdout.isTTY === true && !noColour,
    errColours: stderr.isTTY === true && !noColour,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    nowMs: () => Date.now(),
    readText: (path) => (path === "-" ? readAll(stdin) : readFile(path, "utf8")),
    async ask(question) {
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        return await lines.question(question);
      } finally {
        lines.close();
      }
    },
  };
}
