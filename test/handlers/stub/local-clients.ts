import { awsClientDefaults } from "../../../functions/adapters/aws/aws-call.ts";
import type { Pace } from "../../../functions/adapters/aws/dynamo/table-access.ts";
import type { Log, LogFields } from "../../../shared/ports/log.ts";

/** Settings of a client of the stub: those of the functions, and its address. */
export function clientSettings(endpoint: string) {
  return {
    ...awsClientDefaults,
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
  };
}

/** Waits of no length, and how many there were. */
export function impatientPace(): Pace & { readonly waits: number[] } {
  const waits: number[] = [];
  return {
    clock: { now: () => 1_795_208_400_000 },
    random: { next: () => 0.5 },
    sleep: async (delayMs) => {
      waits.push(delayMs);
    },
    waits,
  };
}

export interface LoggedLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: LogFields;
}

/** A log that can be read. */
export function readableLog(): Log & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const at =
    (level: LoggedLine["level"]) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ level, message, fields });
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
