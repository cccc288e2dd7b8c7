import type { RunningEngine } from "../../../functions/runtime/engine.ts";
import { RejectionError, TransientError } from "../../../shared/core/errors.ts";
import type { Ending } from "./environment.ts";
import { FunctionHost } from "./function-host.ts";
import { engineFor, type Surroundings } from "./ports.ts";
import type { World } from "./world.ts";

/** What an invocation of the API was asked for; the checks compare its writes with it. */
export interface ApiTask {
  readonly action:
    | "define"
    | "submit"
    | "cancel"
    | "retry"
    | "get"
    | "pause"
    | "resume"
    | "bound"
    | "stop"
    | "approve"
    | "schedule"
    | "event";
  readonly tenant: string;
}

const apiTimeoutMs = 30_000;

/** Answers that are none: what was asked for may come about when it is asked for again. */
const again: ReadonlySet<string> = new Set(["conflict", "unavailable"]);

/** How clients reach the API: calls may fail, get lost, or be answered after their work was done. */
export class ApiCaller {
  /** Conversations that have not come to their end. */
  open = 0;
  readonly #world: World;
  readonly #host: FunctionHost<RunningEngine>;

  constructor(around: Surroundings) {
    this.#world = around.world;
    this.#host = new FunctionHost(around.world, "api", apiTimeoutMs, (environment) =>
      engineFor(around, environment),
    );
  }

  ask<Value>(
    task: ApiTask,
    work: (engine: RunningEngine) => Promise<Value>,
    answered: (ending: Ending<Value>) => void,
  ): void {
    this.open += 1;
    this.#host.invoke(task, work, (ending) => {
      this.open -= 1;
      if (ending.outcome === "threw" && !isRejection(ending)) {
        if (!(ending.error instanceof TransientError)) {
          this.#world.violate("no bug surfaces", `api threw ${String(ending.error)}`);
        }
      }
      answered(ending);
    });
  }

  /** Asks until there is an answer, whatever it is. */
  insist<Value>(
    task: ApiTask,
    work: (engine: RunningEngine) => Promise<Value>,
    heard: (value: Value) => void = () => undefined,
    refused: (error: RejectionError) => void = () => undefined,
  ): void {
    this.ask(task, work, (ending) => {
      if (ending.outcome === "returned") heard(ending.value);
      else if (isRejection(ending) && !again.has(ending.error.rejection.code)) {
        refused(ending.error);
      } else {
        this.later(3_000, `${task.action} again`, () => this.insist(task, work, heard, refused));
      }
    });
  }

  later(delayMs: number, label: string, act: () => void): void {
    this.open += 1;
    this.#world.loop.after(delayMs, label, () => {
      this.open -= 1;
      act();
    });
  }
}

export function isRejection(
  ending: Ending<unknown>,
): ending is { readonly outcome: "threw"; readonly error: RejectionError } {
  return ending.outcome === "threw" && ending.error instanceof RejectionError;
}
