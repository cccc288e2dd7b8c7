const KiB = 1024;
const seconds = 1_000;
const minutes = 60 * seconds;
const days = 24 * 60 * minutes;

/** Every bound of the system, in one place. Enforced at the edge; the store's own bounds stay well above. */
export const limits = {
  // HTTP
  bodyBytesMax: 1024 * KiB,
  batchBodyBytesMax: 6 * 1024 * KiB,
  batchItemsMax: 1_000,
  jsonDepthMax: 20,
  jsonKeysMax: 10_000,
  pageSizeDefault: 50,
  pageSizeMax: 500,
  lookupIdsMax: 1_000,
  waitSecondsMax: 20,
  queryTextCharsMax: 200,
  cursorCharsMax: 512,
  statsHoursMax: 7 * 24,
  /** Held instances that one resume lets go before it answers. */
  resumeReleasedMax: 500,
  /** Records that one page of a filtered list may read before it answers with what it has. */
  listScanMax: 2_000,
  /** Keys in all items of a batch together. */
  batchJsonKeysMax: 100_000,
  /** Payloads beyond this are left out of answers that hold many instances. */
  answerPayloadBytesMax: 4 * 1024 * KiB,
  // Names and small texts, in UTF-8 bytes unless the name says otherwise
  nameCharsMax: 63,
  descriptionBytesMax: 1 * KiB,
  reasonBytesMax: 512,
  idempotencyKeyCharsMax: 256,
  tagsMax: 20,
  tagKeyCharsMax: 64,
  tagValueBytesMax: 256,
  // Payloads kept inside the instance record
  inputBytesMax: 128 * KiB,
  configBytesMax: 8 * KiB,
  outputBytesMax: 128 * KiB,
  errorMessageBytesMax: 2 * KiB,
  logBytesMax: 64 * KiB,
  recordBytesMax: 350 * KiB,
  // Life of an instance
  delayMsMax: 365 * days,
  attemptTimeoutSecondsDefault: 300,
  attemptTimeoutSecondsMax: 24 * 3_600,
  totalTimeoutSecondsMax: 30 * 24 * 3_600,
  heartbeatSecondsMin: 1,
  heartbeatSecondsMax: 3_600,
  attemptsMax: 20,
  infraFailuresMax: 10,
  roundsMax: 10,
  attemptsKept: 40,
  /** Of these, so many newest ones keep everything; older ones what fits beside the largest payloads. */
  attemptsKeptWhole: 4,
  errorMessageBytesKept: 128,
  historyKept: 200,
  retryDelayMsMax: 7 * days,
  priorityMin: 0,
  priorityMax: 9,
  priorityDefault: 5,
  // Pools and their workers
  poolsMax: 100,
  workersPerPoolMax: 1_000,
  workerSlotsMax: 1_000,
  leaseItemsMax: 100,
  leaseSecondsDefault: 30,
  leaseSecondsMin: 2,
  leaseSecondsMax: 600,
  /** A worker that has not been heard of for so long is counted as gone. */
  workerSilenceMsMax: 45 * seconds,
  workerSeenEveryMs: 15 * seconds,
  /** Records of silent workers are kept for so long. */
  workerKeepMs: 60 * minutes,
  /** Where the control plane assigns work, others may take what its worker has not fetched for so long. */
  assignPatienceMs: 5 * seconds,
  /** How often a waiting lease looks into the line where nothing rings. */
  leasePollMs: 1 * seconds,
  /** How long an attempt may wait in a pool's line before somebody asks whether the pool still lives. */
  pullHandOverMs: 5 * minutes,
  /** A container takes a while to get its place and its image. */
  containerHandOverMs: 10 * minutes,
  progressBytesMax: 1 * KiB,
  // Routing
  rulesMax: 100,
  ruleCharsMax: 4_096,
  ruleDepthMax: 50,
  /** Comparisons and list values of one condition. */
  ruleNodesMax: 500,
  rulesTextBytesMax: 64 * KiB,
  ruleVersionsPageMax: 100,
  rulesChangesKept: 50,
  /** Rules, pools and profiles are remembered for so long by whoever routes. */
  routingFactsMs: 2 * seconds,
  flipsKept: 50,
  whatIfInstancesMax: 200_000,
  whatIfExamplesMax: 20,
  /** Reading history ends then with what it has: whoever asks waits for one answer. */
  whatIfMsMax: 20 * seconds,
  // Payloads that travel by reference
  payloadBytesMax: 256 * 1024 * KiB,
  payloadUrlSeconds: 3_600,
  /** The longest delay, the longest run after it, and the keeping time; a month for repairs. */
  payloadKeepMs: (365 + 30 + 30 + 30) * days,
  // Traces
  traceparentCharsMax: 256,
  tracestateCharsMax: 512,
  baggageCharsMax: 1_024,
  // Deployed functions
  packageBytesMax: 250 * 1024 * KiB,
  /** An uploaded package that was not deployed by then is gone. */
  packageUploadKeepMs: 7 * days,
  packageUnpackedBytesMax: 250 * 1024 * KiB,
  packageFilesMax: 20_000,
  functionEnvironmentBytesMax: 4 * KiB,
  /** A deployment without an outcome for so long is asked for again. */
  deployAgainMs: 10 * minutes,
  deployTriesMax: 5,
  /** How long a call that tries a function out may take. */
  tryOutMsMax: 20 * seconds,
  // Hand-over and wakes
  handOverMs: 60 * seconds,
  wakeGraceMs: 10 * seconds,
  infraBackoffBaseMs: 1 * seconds,
  infraBackoffMaxMs: 2 * minutes,
  pausedRecheckMs: 15 * minutes,
  /** An instance whose backends take nothing at the moment is looked at again: sooner at first. */
  capacityRecheckMsMin: 5 * seconds,
  capacityRecheckMsMax: 2 * minutes,
  hintDelayMsMax: 14 * minutes,
  /** Later attempts of one chain leave their wake to the timekeeper, whose calls start a new lineage. */
  hintedAttemptsMax: 6,
  wakeShards: 4,
  timekeeperPageSize: 100,
  timekeeperPagesMax: 50,
  /** How far ahead the timekeeper turns wakes into delayed hints; more than its own period. */
  timekeeperHorizonMs: 75 * seconds,
  // Gates
  /** Slots of one gate; they are kept in records of `slotsPerShard`. */
  slotsPerGateMax: 1_024,
  slotsPerShard: 64,
  rateStartsMax: 10_000,
  ratePerSecondsMax: 86_400,
  limitsPerTaskMax: 5,
  keyPathCharsMax: 200,
  limitsMax: 500,
  groupsMax: 500,
  submissionsPerMinuteMax: 1_000_000,
  budgetUsdPerDayMax: 1_000_000,
  budgetDayKeepMs: 400 * days,
  budgetDaysShownMax: 90,
  /** Waiting instances that are hinted at once when a budget is raised; others wake by themselves. */
  budgetHintedMax: 500,
  /** The counts of a minute's submissions are of no use after it. */
  quotaKeepMs: 10 * minutes,
  /** A step of priority is worth so much waiting: so the lowest gets its turn, too. */
  priorityStepMs: 1 * minutes,
  /** How far down a line whoever waits looks for its own place. */
  linePageSize: 100,
  /** Running instances that one request which switches everything off cancels. */
  switchOffCancelMax: 500,
  /** Waiters that a release, or a look that finds room, lets go first. */
  nextWaitersMax: 10,
  /** Of those who hold slots of a gate, so many are named. */
  holdersShownMax: 20,
  /** Whoever waits far back in a line is looked at again after so long at most. */
  lineRecheckMsMax: 15 * minutes,
  /** How often the line of a rate is told of its coming starts; the timekeeper's horizon is longer. */
  rateLineEveryMs: 1 * minutes,
  /** Waiters that one look at the line of a rate tells when to come. */
  rateLineHintsMax: 1_000,
  /** Two clocks that differ by more than that cannot both be believed. */
  clockErrorMsMax: 10 * minutes,
  /** How long after the first slot was taken somebody makes sure that its holders still hold. */
  slotsAuditMs: 60 * minutes,
  /** Gates that nobody uses any more are forgotten after so long. */
  idleGateKeepMs: 2 * days,
  /** How often a claim, or an end, is tried while others take and give back slots of the same gates. */
  gateRetriesMax: 64,
  gatherSecondsMax: 3_600,
  gatherItemsMax: 1_000,
  /** How long a repeat of a submission that became part of another instance is known. */
  joinedKeepMs: 60 * days,
  // Schedules, calendars, triggers, webhooks
  schedulesMax: 100_000,
  expressionCharsMax: 256,
  /** A schedule that finds no day in so many years never fires. */
  horizonYears: 100,
  jitterSecondsMax: 3_600,
  catchUpMax: 1_000,
  /** Slots that one look at a schedule settles. */
  slotsPerLook: 25,
  recentSlotsKept: 10,
  /** Missed slots that one step sums up; more are summed up by the next. */
  missedSlotsPerStep: 10_000,
  /** How often a slot that waits for the instance before it is looked at. */
  queuedSlotRecheckMs: 30 * seconds,
  /** How often schedules with calendars are looked at: somebody may have changed those. */
  calendarRecheckMs: 60 * minutes,
  /** Slots that a dry run of a backfill shows. */
  backfillSlotsShownMax: 1_000,
  slotKeepMs: 400 * days,
  backfillSlotsMax: 100_000,
  backfillConcurrencyMax: 100,
  backfillsOpenMax: 10,
  previewFiresMax: 100,
  /** Active schedules that a portrait draws; those behind them in the order of their names are left out. */
  portraitSchedulesMax: 20_000,
  /** Fires that a portrait looks at one by one; of schedules with more, some stand for the others. */
  portraitFiresMax: 100_000,
  /** Tasks and groups that it names, those with the highest peaks first; of so many it shows the curve. */
  portraitNamesMax: 50,
  portraitCurvesMax: 10,
  portraitCollisionsMax: 20,
  /** Schedules of one instant are many from that number on. */
  portraitCrowdMin: 25,
  /** A start that waits longer than that for its turn at a rate collides with others. */
  portraitRateLagSeconds: 60,
  /** Function runs that an account may have at the same time, unless somebody knows better. */
  lambdaConcurrencyAssumed: 1_000,
  /** Schedules that one request spreads. */
  spreadSchedulesMax: 1_000,
  calendarsMax: 200,
  calendarDaysMax: 1_000,
  calendarFreezesMax: 100,
  calendarShownDaysMax: 1_100,
  /** A slot of a closed day moves no further than that; where nothing is open so near it is skipped. */
  calendarMovedDaysMax: 60,
  /** So many closed stretches in a row, some ten years of days, mean: never open. */
  calendarStretchesMax: 4_000,
  triggersMax: 250,
  patternCharsMax: 2_048,
  /** Combinations that `$or` may multiply out to. */
  patternCombinationsMax: 1_000,
  /** Asterisks in all wildcards of a pattern together. */
  patternWildcardsMax: 30,
  /** Choices among list elements that matching one event may try. */
  patternStepsMax: 1_000_000,
  eventsPerRequestMax: 10,
  eventBytesMax: 256 * KiB,
  /** Objects and lists inside each other, in an event that something else than our API brings. */
  eventDepthMax: 100,
  /** An event that our own work caused over so many instances causes no more. */
  eventHopsMax: 8,
  templateCharsMax: 64 * KiB,
  /** Each may stand for a whole event. */
  templatePlaceholdersMax: 200,
  webhooksMax: 50,
  webhookUrlCharsMax: 1_024,
  webhookTriesMax: 12,
  webhookTimeoutMs: 5 * seconds,
  webhookAnswerBytesMax: 64 * KiB,
  webhookDeliveryKeepMs: 7 * days,
  /** The key before the newest one signs, too, for so long. */
  webhookKeyOverlapMs: 1 * days,
  webhookRetryDelayMsMax: 1 * days,
  /** A try without an outcome for so long has none: whoever made it is gone. */
  webhookTryLapseMs: 30 * seconds,
  /** How long after asking the mirror is asked again. */
  mirrorAgainMs: 5 * minutes,
  /** After so many doublings of that time it grows no more. */
  mirrorBackoffStepsMax: 4,
  /** What one sweep over the mirrored records repairs at most; the next one goes on. */
  mirrorRepairsPerSweepMax: 1_000,
  /** Clocks may differ by that much when two services compare times. */
  mirrorClockSkewMs: 1 * minutes,
  /** Hints about records that one call of a function is handed. */
  recordHintsPerCallMax: 25,
  // Watching over it all
  /** A slot that nobody settled for so long after its time was missed. */
  slotSettleMs: 5 * minutes,
  /** A wake that nobody acted upon for so long is overdue. */
  wakeOverdueMs: 5 * minutes,
  canaryEveryMs: 5 * minutes,
  /** Without a success of the canary for so long something does not work. */
  canarySilentMs: 15 * minutes,
  /** A watch that has not looked for so long is itself to be looked after. */
  watchSilentMs: 15 * minutes,
  /** Instances of the canary that its health is read from. */
  canaryRunsRead: 20,
  findingKeepMs: 30 * days,
  findingsOpenMax: 10_000,
  // Store
  changesPerWriteMax: 100,
  storePageMax: 1_000,
  casRetriesMax: 8,
  // Keeping
  finishedKeepDaysDefault: 30,
  purgePageSize: 200,
  rollupMinuteKeepMs: 2 * days,
  rollupHourKeepMs: 400 * days,
  feedCheckpointKeepMs: 7 * days,
  rollupKeysPerWriteMax: 40,
} as const;
