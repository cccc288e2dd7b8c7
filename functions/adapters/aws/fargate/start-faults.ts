import type { Failure } from "@aws-sdk/client-ecs";
import type { ErrorClass } from "../../../../shared/instance/error-classes.ts";
import type { AttemptError } from "../../../../shared/instance/instance.ts";
import type { StartOutcome } from "../../../../shared/ports/backend.ts";
import { awsFaultOf, messageOf, nameOf } from "../aws-call.ts";

interface Telling {
  readonly pattern: RegExp;
  readonly class: ErrorClass;
  /** What to do about it, where somebody must. */
  readonly advice?: string;
}

const quotaAdvice =
  'raise the quota "Fargate On-Demand vCPU resource count" or "Fargate Spot vCPU resource count" in Service Quotas; new accounts have 6 or fewer';

/** What the words of a refusal mean, the most telling first. */
const tellings: readonly Telling[] = [
  {
    pattern: /limit on the number of (vCPUs|tasks)|vCPU (limit|quota)|service quota/i,
    class: "no_capacity",
    advice: quotaAdvice,
  },
  { pattern: /RESOURCE:|capacity is unavailable|insufficient capacity/i, class: "no_capacity" },
  {
    pattern: /iam:PassRole/,
    class: "missing_permission",
    advice: "let the dispatcher's role pass the roles of this task definition to ECS",
  },
  {
    pattern: /AccessDenied|not authorized|ACCESS_DENIED/i,
    class: "missing_permission",
    advice: "let the dispatcher's role run tasks of this family in this cluster",
  },
  {
    pattern: /service.linked role/i,
    class: "backend_fault",
    advice:
      "create it once: aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com",
  },
  {
    pattern: /task ?definition (not found|is inactive|does not exist)|unable to describe task/i,
    class: "missing_function",
    advice: "register a task definition of this family, or correct the family's name",
  },
  {
    pattern: /cluster (not found|was not found|is inactive)|ClusterNotFound/i,
    class: "backend_fault",
    advice: "deploy the execution stack, or correct CLUSTER_ARN",
  },
  {
    pattern: /capacity provider/i,
    class: "backend_fault",
    advice: "associate FARGATE and FARGATE_SPOT with the cluster",
  },
  { pattern: /throttl|rate exceeded|too many requests/i, class: "throttled" },
];

/** A refusal in words: AWS answers 200 and lists what it did not start, and why. */
export function errorOfFailures(family: string, failures: readonly Failure[]): AttemptError {
  const [first] = failures;
  const words = [first?.reason, first?.detail].filter((part) => part !== undefined).join(": ");
  return told(`ECS did not start ${family}: ${words === "" ? "no reason given" : words}`);
}

/** What an error of RunTask says about the start: refused for certain, or unknown. */
export function outcomeOfError(family: string, error: unknown): StartOutcome {
  const fault = awsFaultOf(error);
  if (fault.kind === "bug") throw error;
  const message = `starting ${family} failed: ${nameOf(error)}: ${messageOf(error)}`;
  if (fault.kind === "unclear") {
    return { outcome: "unknown", error: { class: "backend_fault", message } };
  }
  const busy = fault.kind === "busy" && !isConnectionFault(error);
  const { class: errorClass, message: words } = told(message);
  return {
    outcome: "refused",
    error: {
      class: busy && errorClass === "backend_fault" ? "throttled" : errorClass,
      message: words,
    },
  };
}

/**
 * The token is in use for a request with other parameters, as when the deployment changed between
 * two tries: the attempt has been started, and the conflict names its task.
 */
export function acceptedByConflict(error: unknown): StartOutcome | undefined {
  if (nameOf(error) !== "ConflictException") return undefined;
  const { resourceIds } = error as { readonly resourceIds?: readonly string[] };
  const [externalId] = resourceIds ?? [];
  return { outcome: "accepted", ...(externalId === undefined ? {} : { externalId }) };
}

function told(message: string): AttemptError {
  const telling = tellings.find(({ pattern }) => pattern.test(message));
  const advice = telling?.advice === undefined ? "" : `; ${telling.advice}`;
  return { class: telling?.class ?? "backend_fault", message: `${message}${advice}` };
}

/** No connection was made, so it was not ECS that said no. */
function isConnectionFault(error: unknown): boolean {
  return error instanceof Error && "code" in error;
}
