/** What the process's exit code says; documented in docs/cli.md from this table. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  refused: 4,
  timeout: 5,
  outOfBounds: 6,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: "Done, and what it is about went well.",
  failed:
    "What it is about failed: an instance that was waited for, a line of a batch, a finding of the doctor, a part that is down.",
  usage: "The command line, or a file it names, is wrong. Nothing was sent.",
  unreachable: "No server answered, or it was not able to (5xx), or what answered is none.",
  refused: "The server refused the request.",
  timeout: "The time given with --timeout or --wait-timeout is over. What was started goes on.",
  outOfBounds:
    "What was compared is worse than it may be: a bound of rules test, or an experiment to be stopped.",
};
