/**
 * The words that instance records always contain, in the order in which they stand in one: what
 * the deflate dictionary knows need not be stored again in every record. A published dictionary
 * never changes, since bodies packed with it must stay readable: a better one gets the next number,
 * and the last one is used for writing.
 */
export const bodyDictionaries: Readonly<Record<number, string>> = {
  1: [
    // Rarer parts first: what is used most should stand last, where references to it are shortest.
    '"error":{"class":"error","message":"',
    '"class":"crash","message":"the process ended before it answered"',
    '"class":"out_of_memory","class":"invalid_output","class":"payload_too_large",',
    '"class":"missing_function","class":"missing_permission","class":"throttled",',
    '"class":"no_capacity","class":"backend_fault",',
    '"class":"hand_over_lost","message":"the backend never confirmed the attempt"},',
    '"class":"worker_lost","message":"the attempt gave no sign of life within its heartbeat time"},',
    '"class":"timeout","message":"the attempt did not finish within its time"},',
    '"name":"Error","stack":"Error: \\n    at ","retryable":false,',
    '"waiting":"paused","waiting":"delayed","waiting":"backoff","waiting":"due",',
    '"startByMs":17,"deadlineAtMs":17,"totalTimeoutSeconds":3600,"heartbeatSeconds":30,',
    '"pinnedBackend":"lambda","config":{"output":null,"input":null,',
    '"idempotency":{"key":"","fingerprint":"',
    '"command":"cancel","from":"running","to":"cancelled","reason":"cancelled on request",',
    '"command":"retry","from":"failed","to":"pending","reason":"retried on request",',
    '"command":"expire","to":"expired","reason":"not started by its last moment to start"},',
    '"command":"hold","from":"pending","to":"pending","reason":"the task is paused"},',
    '"command":"rearm","from":"running","reason":"woken early; nothing is overdue yet",',
    '"command":"heartbeat","from":"running","to":"running","reason":"sign of life","count":',
    '"command":"lapse","command":"timeOut","to":"timed_out","outcome":"timed_out",',
    '"outcome":"lost","outcome":"cancelled","outcome":"failed",',
    '"command":"fail","from":"running","to":"failed","reason":"error; attempt 3 of 3 was the last",',
    '"command":"fail","from":"dispatched","to":"pending","reason":"retry after attempt 1 of 3",',
    '"command":"claim","from":"pending","to":"dispatched","reason":"attempt 2 on fargate",',
    '"command":"submit","to":"pending","reason":"waits for its start time","actor":"',
    '"command":"submit","to":"pending","reason":"due at once","actor":"local"}',
    '{"backend":"fargate","feasible":false,"exclusions":["the task has no run.container"]},',
    '{"backend":"pool","feasible":false,"exclusions":["the task\'s list of backends does not name it"]},',
    '"the submission asks for ","needs up to  s, at most 900 s are possible"," MB of memory, at most ',
    '"executionSecondsEstimate":10,"memoryMb":128,',
    '"backend":"local","backend":"function","backend":"pool","backend":"lambda",',
    // A plain instance from its first to its last letter.
    '{"id":"ins_01","tenant":"default","version":3,"task":"","taskVersion":1,"state":"pending",',
    '"state":"dispatched","state":"running","state":"failed","state":"succeeded",',
    '"createdAtMs":17,"dueAtMs":17,"wakeAtMs":17,"timeoutSeconds":300,"priority":5,',
    '"group":"","tags":{},"input":{"id":"","name":"","value":true},',
    '"round":1,"attemptCount":1,"taskFailures":0,"infraFailures":0,',
    '"attempts":[{"number":1,"id":"att_01","token":"","round":1,"backend":"lambda",',
    '"claimedAtMs":17,"receipt":{"decidedAtMs":17,"rules":{"name":"first-feasible","version":1},',
    '"features":{"timeoutSeconds":300,"inputBytes":10},',
    '"candidates":[{"backend":"lambda","feasible":true,"exclusions":[]}],"chosen":"lambda",',
    '"reason":"lambda is the first feasible backend"},',
    '"reason":"lambda is first in order and feasible"},',
    '"startedAtMs":17,"heartbeatAtMs":17,"externalId":"",',
    '"usage":{"durationMs":10,"memoryMbPeak":100,"cpuMs":10},',
    '"outcome":"succeeded","finishedAtMs":17}],"submittedBy":"local",',
    '"history":[{"version":1,"atMs":17,"command":"submit","to":"dispatched",',
    '"reason":"attempt 1 on lambda","attempt":1,"actor":"api"},',
    '{"version":2,"atMs":17,"command":"confirm","from":"dispatched","to":"running",',
    '"reason":"lambda has attempt 1","attempt":1},',
    '{"version":3,"atMs":17,"command":"succeed","from":"running","to":"succeeded",',
    '"reason":"attempt 1 succeeded","attempt":1}],"output":{"ok":true},"finishedAtMs":17',
  ].join(""),
};

/** What new bodies are packed with. */
export const currentDictionary = 1;
