import { limits } from "../core/limits.ts";
import type { Finding } from "./audit.ts";
import type { HistoryEntry, Instance } from "./instance.ts";
import { type InstanceCommandName, isTerminal, movesFrom } from "./moves.ts";

const foldableCommands: ReadonlySet<string> = new Set<InstanceCommandName>([
  "heartbeat",
  "rearm",
  "hold",
  "amend",
]);

/** The history alone: contiguous versions, only moves of the table, one end per round, actors named. */
export function auditHistory(instance: Instance): readonly Finding[] {
  const { history } = instance;
  const findings: Finding[] = [];
  const last = history.at(-1);
  if (last === undefined) {
    return [{ invariant: "I18 audit", detail: "the history is empty" }];
  }
  if (history.length > limits.historyKept) {
    findings.push({
      invariant: "I29 bounds",
      detail: `${history.length} history entries are kept`,
    });
  }
  if (last.version !== instance.version) {
    findings.push({
      invariant: "I19 versions",
      detail: `the record has version ${instance.version}, its history ends at ${last.version}`,
    });
  }
  if (last.to !== instance.state) {
    findings.push({
      invariant: "I18 audit",
      detail: `the state is ${instance.state}, the history ends in ${last.to}`,
    });
  }
  let previous: HistoryEntry | undefined;
  for (const entry of history) {
    findings.push(...(previous === undefined ? first(instance, entry) : next(previous, entry)));
    findings.push(...alone(entry));
    previous = entry;
  }
  return [...findings, ...rounds(instance)];
}

/** True when the oldest entries were dropped, as happens beyond `limits.historyKept`. */
export function isHistoryCut({ history }: Instance): boolean {
  const [oldest] = history;
  return oldest !== undefined && oldest.version - ((oldest.count ?? 1) - 1) > 1;
}

function first(instance: Instance, entry: HistoryEntry): readonly Finding[] {
  if (isHistoryCut(instance)) {
    if (instance.history.length >= limits.historyKept) return [];
    return [{ invariant: "I18 audit", detail: `the history begins at version ${entry.version}` }];
  }
  const opened = entry.to === "pending" || entry.to === "dispatched";
  if (entry.command === "submit" && entry.from === undefined && opened) return [];
  return [
    {
      invariant: "I18 audit",
      detail: `the first entry is ${entry.command} from ${entry.from} to ${entry.to}, not a submission`,
    },
  ];
}

function next(previous: HistoryEntry, entry: HistoryEntry): readonly Finding[] {
  const findings: Finding[] = [];
  const at = `version ${entry.version}`;
  if (entry.version - (entry.count ?? 1) !== previous.version) {
    findings.push({
      invariant: "I18 audit",
      detail: `${at} (count ${entry.count ?? 1}) does not follow version ${previous.version}`,
    });
  }
  const { command, from, to } = entry;
  if (from !== previous.to) {
    findings.push({
      invariant: "I18 audit",
      detail: `${at} starts from ${from} although the state was ${previous.to}`,
    });
  }
  if (command === "submit" || from === undefined || !movesFrom(from, command).includes(to)) {
    findings.push({
      invariant: isTerminal(previous.to) ? "I2 terminal once" : "I18 audit",
      detail: `${at}: ${command} must not lead from ${from} to ${to}`,
    });
  }
  if (isTerminal(previous.to) && command !== "retry") {
    findings.push({
      invariant: previous.to === "cancelled" ? "I7 cancel is final" : "I2 terminal once",
      detail: `${at}: ${command} followed on ${previous.to}`,
    });
  }
  return findings;
}

function alone(entry: HistoryEntry): readonly Finding[] {
  const findings: Finding[] = [];
  if (entry.count !== undefined && !(entry.count > 1 && foldableCommands.has(entry.command))) {
    findings.push({
      invariant: "I18 audit",
      detail: `version ${entry.version}: ${entry.command} has a count of ${entry.count}`,
    });
  }
  const asked = ["submit", "amend", "cancel", "retry"].includes(entry.command);
  if (asked && entry.actor === undefined) {
    findings.push({
      invariant: "I18 audit",
      detail: `version ${entry.version}: ${entry.command} names no actor`,
    });
  }
  return findings;
}

function rounds(instance: Instance): readonly Finding[] {
  const retries = instance.history.filter(({ command }) => command === "retry").length;
  const cut = isHistoryCut(instance);
  if (cut ? instance.round >= 1 + retries : instance.round === 1 + retries) return [];
  return [
    {
      invariant: "I18 audit",
      detail: `it is in round ${instance.round}, the history has ${retries} retries by hand`,
    },
  ];
}
