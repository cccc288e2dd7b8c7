import { gateBugs } from "./gate-bugs.ts";
import { bug, type PlantedBug } from "./planted-bug.ts";
import { timeBugs } from "./time-bugs.ts";

const decide = "shared/instance/decide.ts";
const decideReport = "shared/instance/decide-report.ts";
const decideWake = "shared/instance/decide-wake.ts";
const wake = "shared/instance/wake.ts";
const retryPolicy = "shared/task/retry-policy.ts";
const applyChange = "functions/adapters/memory/apply-change.ts";
const instances = "functions/runtime/instances.ts";
const look = "functions/dispatch/look-at-instance.ts";
const start = "functions/dispatch/start-attempt.ts";
const record = "functions/reports/record-reports.ts";
const lease = "functions/pools/lease.ts";
const observe = "functions/observe/observe-changes.ts";
const submit = "functions/submission/submit-instances.ts";
const keepTime = "functions/timekeeper/keep-time.ts";

/** Mistakes that someone could make; the simulation must notice each of them. */
export const plantedBugs: readonly PlantedBug[] = [
  bug("writes ignore the version they were decided upon", [
    applyChange,
    "if (!holds(change.expect, current)) return lost;",
    'if (change.expect === "absent" && current !== undefined) return lost;',
  ]),
  bug("put-if-absent overwrites what is there", [
    applyChange,
    'expect === "absent" ? current === undefined :',
    'expect === "absent" ? true :',
  ]),
  bug("a lost write counts as written", [
    instances,
    'if (result.outcome === "wrote") return { outcome: "wrote", freed: returned.lines };',
    'return { outcome: "wrote", freed: returned.lines };',
  ]),
  bug("reports are taken from any attempt", [
    decideReport,
    "live !== undefined && live.id === from.attemptId && live.token === from.token",
    "live !== undefined || from.attemptId === undefined",
  ]),
  bug("reports are taken without the token", [
    decideReport,
    "live.id === from.attemptId && live.token === from.token",
    "live.id === from.attemptId",
  ]),
  bug("heartbeats count for whichever attempt is live", [
    decideReport,
    'export function decideHeartbeat(\n  instance: Instance,\n  command: CommandNamed<"heartbeat">,\n  context: DecisionContext,\n): Decision {\n  const live = speaker(instance, command);',
    'export function decideHeartbeat(\n  instance: Instance,\n  command: CommandNamed<"heartbeat">,\n  context: DecisionContext,\n): Decision {\n  const live = liveAttempt(instance);',
  ]),
  bug("an attempt that is over may speak again", [
    "shared/instance/instance.ts",
    "last.outcome === undefined ? last : undefined",
    "last.id !== undefined ? last : undefined",
  ]),
  bug("attempts start before they are confirmed, everywhere", [
    start,
    "if (!capabilities.startIsIdempotent) {",
    "if (capabilities.startIsIdempotent && instance.version < 0) {",
  ]),
  bug("who loses the confirmation starts all the same", [
    start,
    "if (!won) return;",
    "if (!won && instance.version < 0) return;",
  ]),
  bug("a report that could not be saved is acknowledged", [
    record,
    'return { report, result: { outcome: "error", error } };',
    'return { report, result: { outcome: "missing" } };',
  ]),
  bug(
    "an attempt's log is written ahead of its end",
    [
      record,
      "function recordReport(engine: RecordingEngine, report: AttemptReport): Promise<Applied> {\n  return applyCommand(",
      "async function recordReport(engine: RecordingEngine, report: AttemptReport): Promise<Applied> {\n  for (const put of logChanges(report)) await engine.store.write([put]);\n  return applyCommand(",
    ],
    [record, "    logChanges(report),\n", "    [],\n"],
  ),
  bug("an attempt's log is forgotten", [record, "    logChanges(report),\n", "    [],\n"]),
  bug("the timekeeper forgets a shard", [
    keepTime,
    "Array.from({ length: limits.wakeShards }",
    "Array.from({ length: limits.wakeShards - 1 }",
  ]),
  bug("the timekeeper leaves overdue wakes to the hints that were to come", [
    keepTime,
    "if (found.hints.length > 0) await engine.hints.send(found.hints);",
    "await engine.hints.send(found.hints.filter(({ notBeforeMs }) => notBeforeMs !== undefined));",
  ]),
  bug("a lost hand-over is waited for without end", [
    decideWake,
    'if (command.sighting === "queued") {',
    "if (context.nowMs > 0) {",
  ]),
  bug(
    "an attempt that is called running is waited for without end",
    [
      decideWake,
      'if (command.sighting === "running") {',
      'if (command.sighting === "running" && context.nowMs < 0) {',
    ],
    [
      decideWake,
      'if (command.sighting === "queued") {',
      'if (command.sighting === "queued" || command.sighting === "running") {',
    ],
  ),
  bug("an attempt that is called queued is never handed over again", [
    look,
    'if (command.name === "wake" && next.state === "dispatched") {',
    'if (command.name === "wake" && next.version < 0) {',
  ]),
  bug("one attempt more than the policy allows", [
    retryPolicy,
    "if (state.taskAttempts >= policy.maxAttempts)",
    "if (state.taskAttempts > policy.maxAttempts)",
  ]),
  bug("the infrastructure budget has no end", [
    retryPolicy,
    "if (state.infraFailures > limits.infraFailuresMax)",
    "if (state.infraFailures > 1_000)",
  ]),
  bug(
    "infrastructure failures are charged to the task",
    [
      decideReport,
      'const infrastructure = errorClasses[attempt.error.class].budget === "infrastructure";',
      "const infrastructure = errorClasses[attempt.error.class].meaning === nothing;\n",
    ],
    [decideReport, "function finished(", 'const nothing: string = "";\nfunction finished('],
  ),
  bug("a retry by hand keeps the spent budget", [
    decide,
    "taskFailures: 0,",
    "taskFailures: instance.taskFailures,",
  ]),
  bug("a cancelled attempt stays live", [
    decide,
    '{ ...live, outcome: "cancelled", finishedAtMs: endOf(live, nowMs) };',
    "{ ...live, finishedAtMs: endOf(live, nowMs) };",
  ]),
  bug("nobody asks for the end of a cancelled attempt", [
    look,
    'if (last?.outcome === "cancelled") await stopAttempt(engine, instance, last);',
    'if (last?.outcome === "cancelled") return;',
  ]),
  bug("nobody asks for the end of an attempt that is given up", [
    decideWake,
    'effects: [...decision.effects, { kind: "stop", attempt: live }]',
    "effects: [...decision.effects]",
  ]),
  bug(
    "instances are claimed before they are due",
    [
      decide,
      'if (nowMs < instance.dueAtMs) return { outcome: "unchanged", reason: "not due yet" };',
      "",
    ],
    [
      look,
      'if (instance.state !== "pending" || nowMs < instance.dueAtMs) return {};',
      'if (instance.state !== "pending") return {};',
    ],
    [
      decideWake,
      'if (nowMs >= instance.dueAtMs) return { outcome: "unchanged", reason: "due" };',
      'if (nowMs > 0) return { outcome: "unchanged", reason: "due" };',
    ],
  ),
  bug(
    "the total time limit is ignored",
    [decide, "if (nowMs >= (instance.deadlineAtMs ?? Infinity)) {", "if (nowMs < 0) {"],
    [
      decideWake,
      "if (instance.deadlineAtMs !== undefined && nowMs >= instance.deadlineAtMs) {",
      "if (instance.deadlineAtMs !== undefined && nowMs < 0) {",
    ],
  ),
  bug("the last moment to start is ignored", [
    wake,
    "return instance.startByMs !== undefined && nowMs >= instance.startByMs && !hasStarted(instance);",
    "return instance.startByMs !== undefined && nowMs < 0;",
  ]),
  bug("a retry's wake comes a day late", [
    decideReport,
    "wakeAtMs: wakeOfPending({ ...instance, attempts: counts.attempts }, retryAtMs),",
    "wakeAtMs: wakeOfPending({ ...instance, attempts: counts.attempts }, retryAtMs) + 86_400_000,",
  ]),
  bug("a retry has no wake", [
    decideReport,
    "wakeAtMs: wakeOfPending({ ...instance, attempts: counts.attempts }, retryAtMs),",
    "wakeAtMs: undefined,",
  ]),
  bug("a hand-over is waited for an hour", [
    wake,
    "return earliest(instance, claimedAtMs + handOverMsMax(instance, attempt));",
    "return earliest(instance, claimedAtMs + 3_600_000);",
  ]),
  bug("running attempts have no time limit", [
    wake,
    "startedAtMs + timeoutMsOf(instance, attempt) + limits.wakeGraceMs,",
    "startedAtMs + 86_400_000,",
  ]),
  bug("a worker's word on when it began is taken as it is", [
    decideReport,
    "Math.max(Math.min(saidMs, nowMs), claimedAtMs)",
    "Math.max(saidMs, claimedAtMs, nowMs - nowMs)",
  ]),
  bug("attempts end before they began when a clock is slow", [
    "shared/instance/change.ts",
    "return Math.max(nowMs, startedAtMs ?? claimedAtMs);",
    "return Math.max(nowMs, 0 * (startedAtMs ?? claimedAtMs));",
  ]),
  bug("one key serves two contents", [
    submit,
    "if (present.idempotency?.fingerprint === fingerprint) {",
    "if (present.idempotency !== undefined) {",
  ]),
  bug("submissions are acknowledged although the store failed", [
    submit,
    "writes.push(engine.store.write(changesFor(instance)));",
    'writes.push(engine.store.write(changesFor(instance)).catch(() => ({ outcome: "wrote" as const })));',
  ]),
  bug("an instance's key forgets its tenant", [
    "shared/contract/keys.ts",
    '{id}`, sk: "I" }),',
    '{id}`.replace(tenant, "acme"), sk: "I" }),',
  ]),
  bug("changes observed before are observed again", [
    observe,
    "changes.filter(({ position }) => isAfter(position, seen?.position));",
    "changes.filter(({ position }) => isAfter(position, undefined) || seen);",
  ]),
  bug("the checkpoint is written ahead of the rollups", [
    observe,
    "      ...counted,\n    ]);",
    '    ]);\n    if (result.outcome === "wrote" && counted.length > 0) await deps.store.write(counted);',
  ]),
  bug("the checkpoint is never written", [
    observe,
    "body: { position: part.position },",
    'body: { position: expectedVersion === 0 ? part.position : "1" },',
  ]),
  bug("whoever loses the checkpoint takes the batch for done", [
    observe,
    'throw new TransientError("another observer moved the checkpoint; the batch comes again");',
    "return;",
  ]),
  bug(
    "events go out only after the rollups are written",
    [observe, "  await deps.events.publish(stateChanges);\n", ""],
    [
      observe,
      "    expectedVersion += 1;\n  }\n}",
      "    expectedVersion += 1;\n  }\n  await deps.events.publish(stateChanges);\n}",
    ],
  ),
  bug(
    "the first part of a batch moves the checkpoint past all of it",
    [
      observe,
      "parts.push({ position, rollups: tally.rollups(), lessons });",
      "parts.push({ position: changes.at(-1)?.position ?? position, rollups: tally.rollups(), lessons });",
    ],
    // Smaller parts, so that every other batch has more than one.
    [observe, "> limits.rollupKeysPerWriteMax", "> 8"],
  ),
  bug("events are told apart by time", [
    "shared/instance/state-changes.ts",
    "entry.version}`",
    "entry.atMs}`",
  ]),
  bug("rollups count the newest attempt with every change", [
    "shared/rollup/what-changed.ts",
    "instance.attempts.find(({ number }) => number === entry.attempt);",
    "instance.attempts.at(-1);",
  ]),
  bug("a lease counts although somebody else was faster", [
    lease,
    'const live = applied.outcome === "changed" ? liveAttempt(applied.instance) : undefined;\n      if (applied.outcome !== "changed" || live === undefined) return undefined;',
    'const live = "instance" in applied ? liveAttempt(applied.instance) : undefined;\n      if (!("instance" in applied) || live === undefined) return undefined;',
  ]),
  bug("a worker that was started anew is taken for the old one", [
    "functions/pools/workers.ts",
    "if (session !== present.session) return false;",
    "if (session === undefined) return false;",
  ]),
  bug("a second container gets the order of the first", [
    decideReport,
    "if (live.externalId !== undefined) {",
    'if (live.externalId === "nobody") {',
  ]),
  bug("the news of a container's end needs no proof", [
    record,
    "return !isOther && shown === engine.ids.fingerprint(live.token) ? live.token",
    "return !isOther || shown === engine.ids.fingerprint(live.token) ? live.token",
  ]),
  bug("the end of a doubled container ends the attempt of the other", [
    record,
    "return !isOther && shown",
    "return shown",
  ]),
  bug("silence never loses a lease", [
    wake,
    "if (leaseSeconds !== undefined) return heardAtMs + leaseSeconds * 1_000;",
    "if (leaseSeconds !== undefined) return undefined;",
  ]),
  bug("what runs on a worker costs nothing", [
    "shared/rollup/tally.ts",
    "if (attempt.usd > 0) counting.usdSum",
    "if (attempt.usd > 1) counting.usdSum",
  ]),
  ...gateBugs,
  ...timeBugs,
];
