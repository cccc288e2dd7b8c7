import type { Command } from "./command.ts";
import { scheduleBackfillCommand, scheduleBackfillsCommand } from "./commands/backfills.ts";
import { batchCommand } from "./commands/batch.ts";
import { budgetGetCommand, budgetListCommand } from "./commands/budgets.ts";
import {
  calendarDaysCommand,
  calendarDeleteCommand,
  calendarGetCommand,
  calendarListCommand,
  calendarSetCommand,
} from "./commands/calendars.ts";
import { approveCommand, cancelCommand, retryCommand } from "./commands/change.ts";
import { defineCommand, pauseCommand, resumeCommand } from "./commands/define.ts";
import { eventPutCommand, triggerTestCommand } from "./commands/events.ts";
import { historyCommand, logsCommand, routingCommand, whyCommand } from "./commands/explain.ts";
import { findingAcknowledgeCommand, findingsCommand } from "./commands/findings.ts";
import {
  deployCommand,
  functionCommand,
  functionDeleteCommand,
  functionsCommand,
} from "./commands/functions.ts";
import {
  groupDeleteCommand,
  groupGetCommand,
  groupListCommand,
  groupSetCommand,
  tenantGetCommand,
  tenantSetCommand,
} from "./commands/groups.ts";
import {
  limitDeleteCommand,
  limitGetCommand,
  limitHoldersCommand,
  limitListCommand,
  limitSetCommand,
} from "./commands/limits.ts";
import { listCommand } from "./commands/list.ts";
import { placementCommand } from "./commands/placement.ts";
import {
  poolDeleteCommand,
  poolDrainCommand,
  poolSetCommand,
  poolShowCommand,
  poolsCommand,
} from "./commands/pools.ts";
import { portraitCommand, portraitSpreadCommand } from "./commands/portrait.ts";
import {
  rulesActivateCommand,
  rulesCommand,
  rulesExperimentCommand,
  rulesShadowCommand,
  rulesVersionsCommand,
} from "./commands/rules.ts";
import { rulesCompareCommand } from "./commands/rules-compare.ts";
import { rulesEvaluateCommand } from "./commands/rules-evaluate.ts";
import { rulesCheckCommand, rulesFormatCommand, rulesSetCommand } from "./commands/rules-files.ts";
import { rulesTestCommand } from "./commands/rules-test.ts";
import { schedulePreviewCommand } from "./commands/schedule-preview.ts";
import { scheduleSetCommand } from "./commands/schedule-set.ts";
import {
  scheduleDeleteCommand,
  scheduleGetCommand,
  scheduleListCommand,
  schedulePauseCommand,
  scheduleResumeCommand,
  scheduleRunCommand,
  scheduleSlotsCommand,
} from "./commands/schedules.ts";
import { statsCommand } from "./commands/stats.ts";
import { statusCommand } from "./commands/status.ts";
import { submitCommand } from "./commands/submit.ts";
import {
  groupPauseCommand,
  groupResumeCommand,
  tenantOffCommand,
  tenantPauseCommand,
  tenantResumeCommand,
} from "./commands/switches.ts";
import { taskCommand, tasksCommand } from "./commands/tasks.ts";
import {
  triggerDeleteCommand,
  triggerGetCommand,
  triggerListCommand,
  triggerPauseCommand,
  triggerResumeCommand,
  triggerSetCommand,
} from "./commands/triggers.ts";
import { doctorCommand, healthCommand, purgeCommand } from "./commands/upkeep.ts";
import { waitCommand } from "./commands/wait.ts";
import {
  webhookDeleteCommand,
  webhookDeliveriesCommand,
  webhookGetCommand,
  webhookListCommand,
  webhookRedeliverCommand,
  webhookRotateCommand,
  webhookSecretCommand,
  webhookSetCommand,
  webhookTestCommand,
} from "./commands/webhooks.ts";
import { workerCommand } from "./commands/worker.ts";

/** Every command, in the order in which help lists them: parser, help and docs/cli.md read this. */
export const commandTable: readonly Command[] = [
  submitCommand,
  batchCommand,
  statusCommand,
  waitCommand,
  listCommand,
  cancelCommand,
  retryCommand,
  approveCommand,
  whyCommand,
  historyCommand,
  routingCommand,
  logsCommand,
  tasksCommand,
  taskCommand,
  defineCommand,
  pauseCommand,
  resumeCommand,
  statsCommand,
  deployCommand,
  functionsCommand,
  functionCommand,
  functionDeleteCommand,
  placementCommand,
  rulesCommand,
  rulesCheckCommand,
  rulesFormatCommand,
  rulesSetCommand,
  rulesEvaluateCommand,
  rulesTestCommand,
  rulesCompareCommand,
  rulesVersionsCommand,
  rulesActivateCommand,
  rulesShadowCommand,
  rulesExperimentCommand,
  purgeCommand,
  workerCommand,
  poolsCommand,
  poolShowCommand,
  poolSetCommand,
  poolDeleteCommand,
  poolDrainCommand,
  limitListCommand,
  limitGetCommand,
  limitSetCommand,
  limitHoldersCommand,
  limitDeleteCommand,
  groupSetCommand,
  groupGetCommand,
  groupListCommand,
  groupDeleteCommand,
  groupPauseCommand,
  groupResumeCommand,
  tenantGetCommand,
  tenantSetCommand,
  budgetListCommand,
  budgetGetCommand,
  tenantPauseCommand,
  tenantResumeCommand,
  tenantOffCommand,
  scheduleSetCommand,
  scheduleGetCommand,
  scheduleListCommand,
  schedulePreviewCommand,
  schedulePauseCommand,
  scheduleResumeCommand,
  scheduleRunCommand,
  scheduleSlotsCommand,
  scheduleBackfillCommand,
  scheduleBackfillsCommand,
  scheduleDeleteCommand,
  portraitCommand,
  portraitSpreadCommand,
  calendarSetCommand,
  calendarGetCommand,
  calendarListCommand,
  calendarDaysCommand,
  calendarDeleteCommand,
  webhookSetCommand,
  webhookGetCommand,
  webhookListCommand,
  webhookSecretCommand,
  webhookTestCommand,
  webhookDeliveriesCommand,
  webhookRedeliverCommand,
  webhookRotateCommand,
  webhookDeleteCommand,
  triggerSetCommand,
  triggerGetCommand,
  triggerListCommand,
  triggerTestCommand,
  triggerPauseCommand,
  triggerResumeCommand,
  triggerDeleteCommand,
  eventPutCommand,
  doctorCommand,
  healthCommand,
  findingsCommand,
  findingAcknowledgeCommand,
];
