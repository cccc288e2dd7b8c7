import * as z from "zod";
import { StubRules } from "../../contract/mirror/rules-stub.ts";
import { StubScheduler } from "../../contract/mirror/scheduler-stub.ts";
import type { WireAnswer } from "../../contract/platform/stub-server.ts";
import {
  type StubAnswer,
  StubRefusal,
  type StubRequest,
  type StubService,
} from "./stub-request.ts";

/** EventBridge Scheduler by the clock of this machine, which is that of the functions. */
export class StubSchedulerService implements StubService {
  readonly signingName = "scheduler";
  requests = 0;
  readonly #scheduler = new StubScheduler();

  get schedules() {
    return this.#scheduler.schedules;
  }

  /** What was done since the last time of asking, one word for each change. */
  takeChanges(): readonly string[] {
    return this.#scheduler.changes.splice(0);
  }

  owns({ path }: StubRequest): boolean {
    return /^\/schedules(\/|\?|$)/.test(path);
  }

  answer(request: StubRequest): StubAnswer {
    this.requests += 1;
    this.#scheduler.nowSeconds = Math.floor(Date.now() / 1_000);
    return checked(this.#scheduler.answer(onWire(request)));
  }
}

/** The rules of EventBridge: all of its actions but the one that puts events. */
export class StubRuleService implements StubService {
  readonly signingName = "events";
  requests = 0;
  readonly #rules = new StubRules();

  get rules() {
    return this.#rules.rules;
  }

  owns({ headers }: StubRequest): boolean {
    const action = headers["x-amz-target"] ?? "";
    return action.startsWith("AWSEvents.") && action !== "AWSEvents.PutEvents";
  }

  answer(request: StubRequest): StubAnswer {
    this.requests += 1;
    return checked(this.#rules.answer(onWire(request)));
  }
}

function onWire({ body, ...request }: StubRequest) {
  return { ...request, body: Buffer.from(body) };
}

const Refused = z.object({ message: z.string() });

/** What AWS would refuse is thrown, so that it is noticed. */
function checked({ status, headers = {}, body }: WireAnswer): StubAnswer {
  const code = headers["x-amzn-errortype"];
  if (code === undefined) return { status, headers, body };
  throw new StubRefusal(code, Refused.parse(body).message, status);
}
