import type { Listening } from "./listen.ts";
import type { HostOptions } from "./options.ts";
import type { Recovered } from "./recover.ts";

interface WelcomeFacts {
  readonly options: HostOptions;
  readonly listening: Listening;
  readonly examples: readonly string[];
  readonly recovered: Recovered;
}

/** What a newcomer needs to see next. */
export function welcome({ options, listening, examples, recovered }: WelcomeFacts): string {
  const lines = [`Switchyard is listening on ${listening.url}`];
  if (listening.movedFrom !== undefined) {
    lines.push(`(port ${listening.movedFrom} is taken by another program)`);
  }
  lines.push(storeLine(options));
  if (recovered.open > 0) {
    lines.push(
      `Recovered ${recovered.open} open instances; ${recovered.attemptsLost} attempts of the last process were granted anew`,
    );
  }
  if (examples.length > 0)
    lines.push(`Example tasks: ${examples.join(", ")}`, "", ...tries(listening));
  lines.push("", `Reference: ${listening.url}/v1/docs    Stop: Ctrl-C`, "");
  return `${lines.join("\n")}\n`;
}

function storeLine({ store, dataDirectory }: HostOptions): string {
  switch (store) {
    case "memory":
      return "Everything is in memory: nothing survives a restart";
    case "embedded":
      return `Data is in ${dataDirectory}/`;
    case "dynamodb":
      return `Data is in ${dataDirectory}/, behind a DynamoDB-compatible server (for fidelity, not for speed)`;
  }
}

function tries({ url, port }: Listening): readonly string[] {
  const server = port === 4_700 ? "" : ` --server ${url}`;
  return [
    "Try, in another terminal:",
    `  npx switchyard submit hello name=Ada --wait${server}`,
    `  npx switchyard list${server}`,
    `  curl -s ${url}/v1/instances -H 'content-type: application/json' -d '{"task":"hello","input":{"name":"Ada"}}'`,
  ];
}
