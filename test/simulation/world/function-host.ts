import type { RandomStream } from "../engine/random-stream.ts";
import { type Ending, Environment } from "./environment.ts";
import type { World } from "./world.ts";

/** A function as the platform runs it: warm environments are used again, dead ones never. */
export class FunctionHost<Ports> {
  /** Invocations that have not ended. */
  working = 0;
  readonly #world: World;
  readonly #name: string;
  readonly #timeoutMs: number;
  readonly #compose: (environment: Environment) => Ports;
  readonly #random: RandomStream;
  readonly #idle: { readonly environment: Environment; readonly ports: Ports }[] = [];

  constructor(
    world: World,
    name: string,
    timeoutMs: number,
    compose: (environment: Environment) => Ports,
  ) {
    this.#world = world;
    this.#name = name;
    this.#timeoutMs = timeoutMs;
    this.#compose = compose;
    this.#random = world.random("host", name);
  }

  /** Invokes `work` in some environment; `task` is what the invocation was given. */
  invoke<Value>(
    task: unknown,
    work: (ports: Ports) => Promise<Value>,
    done: (ending: Ending<Value>) => void,
  ): void {
    const used = (this.#random.chance(0.8) ? this.#idle.pop() : undefined) ?? this.#open();
    const { environment, ports } = used;
    this.working += 1;
    environment.invoke(
      task,
      this.#timeoutMs,
      () => work(ports),
      (ending) => {
        this.working -= 1;
        if (!environment.dead) this.#idle.push(used);
        this.#world.trace.add(
          this.#world.loop.nowMs,
          `${environment.name} ${ending.outcome}${ending.outcome === "threw" ? `: ${String(ending.error)}` : ""}`,
        );
        done(ending);
      },
    );
  }

  #open(): { readonly environment: Environment; readonly ports: Ports } {
    const environment = new Environment(this.#world, this.#name);
    return { environment, ports: this.#compose(environment) };
  }
}
