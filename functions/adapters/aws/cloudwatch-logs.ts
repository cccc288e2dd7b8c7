import type {
  CloudWatchLogsClient,
  FilteredLogEvent,
  FilterLogEventsCommandOutput,
} from "@aws-sdk/client-cloudwatch-logs";
import { limits } from "../../../shared/core/limits.ts";
import { truncateUtf8, utf8Bytes } from "../../../shared/core/texts.ts";
import { awsClientDefaults, callAws } from "./aws-call.ts";
import type { Pace } from "./dynamo/table-access.ts";

/** Which invocation's log is wanted. */
export interface InvocationRef {
  readonly functionArn: string;
  /** Where it logs, if not in a group of its own. */
  readonly logGroup?: string | undefined;
  /** The id of the invocation, as its destination record names it. */
  readonly requestId: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface InvocationLog {
  readonly text: string;
  /** True when there was more than is read or answered. */
  readonly truncated: boolean;
}

export interface CloudWatchLogsOptions {
  /** What stands before a function's name in the name of its log group. */
  readonly logGroupPrefix: string;
  /** Opened on first use by default: most functions and most requests never read a log. */
  readonly openClient?: () => Promise<CloudWatchLogsClient>;
  readonly pace?: Pace;
}

const pagesMax = 5;
const eventsPerPage = 1_000;
/** Clocks differ, and lines come a little before and after what the control plane sees. */
const marginMs = 60_000;
const triesMax = 3;

/** Reads what single invocations printed; undefined when nothing of theirs is found. */
export function openCloudWatchLogs(
  options: CloudWatchLogsOptions,
): (wanted: InvocationRef) => Promise<InvocationLog | undefined> {
  let client: Promise<CloudWatchLogsClient> | undefined;
  return async (wanted) => {
    client ??= (options.openClient ?? openClient)();
    return read(await client, options, wanted);
  };
}

async function openClient(): Promise<CloudWatchLogsClient> {
  const { CloudWatchLogsClient } = await import("@aws-sdk/client-cloudwatch-logs");
  return new CloudWatchLogsClient(awsClientDefaults);
}

/**
 * Lambda writes the invocation's id into its own lines and, depending on runtime and format, into
 * some or all of the function's. So the lines with the id show stream and span; a sandbox runs one
 * invocation at a time, so everything of that stream in that span is this invocation's.
 */
async function read(
  client: CloudWatchLogsClient,
  options: CloudWatchLogsOptions,
  wanted: InvocationRef,
): Promise<InvocationLog | undefined> {
  const name = wanted.functionArn.split(":")[6] ?? "";
  const logGroupName = wanted.logGroup ?? options.logGroupPrefix + name;
  const search = { client, logGroupName, pace: options.pace };
  const named = await find(search, {
    filterPattern: `"${wanted.requestId}"`,
    startTime: wanted.fromMs - marginMs,
    endTime: wanted.toMs + marginMs,
  });
  const first = named.events[0];
  const stream = first?.logStreamName;
  if (first?.timestamp === undefined || stream === undefined) return undefined;
  const own = await find(search, {
    logStreamNames: [stream],
    startTime: first.timestamp,
    endTime: named.events.at(-1)?.timestamp ?? first.timestamp,
  });
  const text = own.events.map(({ message = "" }) => message.replace(/\n?$/, "\n")).join("");
  return {
    text: truncateUtf8(text, limits.logBytesMax),
    truncated: named.more || own.more || utf8Bytes(text) > limits.logBytesMax,
  };
}

const none: Pick<FilterLogEventsCommandOutput, "events" | "nextToken"> = {};

interface Search {
  readonly client: CloudWatchLogsClient;
  readonly logGroupName: string;
  readonly pace: Pace | undefined;
}

interface Criteria {
  readonly filterPattern?: string;
  readonly logStreamNames?: string[];
  readonly startTime: number;
  readonly endTime: number;
}

/** Page after page; one may be empty though more follow, and only so many are read. */
async function find({ client, logGroupName, pace }: Search, criteria: Criteria) {
  const { FilterLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
  const events: FilteredLogEvent[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const call = {
      action: "logs:FilterLogEvents",
      target: `log group ${logGroupName}`,
      repeatUnclear: true,
      triesMax,
      ...(pace === undefined ? {} : { pace }),
    };
    const answer = await callAws(call, () =>
      client.send(
        new FilterLogEventsCommand({
          logGroupName,
          ...criteria,
          // EndTime is exclusive, the span's last line is not.
          endTime: criteria.endTime + 1,
          limit: eventsPerPage,
          ...(nextToken === undefined ? {} : { nextToken }),
        }),
      ),
    ).catch((error: unknown) => {
      // A function that has never printed has no log group.
      if (error instanceof Error && isNamed(error.cause, "ResourceNotFoundException")) return none;
      throw error;
    });
    events.push(...(answer.events ?? []));
    nextToken = answer.nextToken;
    if (nextToken === undefined) return { events, more: false };
  }
  return { events, more: true };
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
