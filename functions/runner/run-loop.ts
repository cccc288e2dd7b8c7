import { type InvocationEnvelope, invocationEnvelope } from "../../shared/contract/envelope.ts";
import { outputMarkerOf } from "../../shared/contract/envelope-form.ts";
import { PayloadError } from "../../shared/contract/payload-exchange.ts";
import { limits } from "../../shared/core/limits.ts";
import type { AttemptError } from "../../shared/instance/instance.ts";
import { AttemptRun, RunContext } from "./attempt-run.ts";
import { currentRun } from "./capture.ts";
import type { Channel } from "./channel.ts";
import { Fifo } from "./fifo.ts";
import type { TaskCode } from "./load-function.ts";
import { openLogStream } from "./log-stream.ts";
import { outputText } from "./output-text.ts";
import { type PutOutput, putAway, withInputs } from "./payload-transfer.ts";
import type { MeasuredUsage, RunnerSetup, RunOrder, ToRunner } from "./protocol.ts";
import { thrownError } from "./thrown-error.ts";
import { UsageMeter } from "./usage-meter.ts";

/** Orders are begun for at most this long before the event loop turns and aborts can be heard. */
const sliceMs = 5;
/** And at most so many, so that their reports are on the way while the next ones run. */
const sliceOrders = 32;

/** An attempt that has ended in this turn of the event loop. */
interface Ending {
  readonly run: AttemptRun;
  readonly durationMs: number;
  /** Members of the final message, as JSON text: the output is turned into JSON only once. */
  readonly verdict: string;
}

/** Begins orders, follows them to their end, and reports once per turn of the event loop. */
export class RunLoop {
  readonly #setup: RunnerSetup;
  readonly #channel: Channel;
  readonly #code: TaskCode;
  readonly #inbox = new Fifo<RunOrder>();
  readonly #runs = new Map<number, AttemptRun>();
  readonly #meter = new UsageMeter();
  readonly #logs: ReturnType<typeof openLogStream>;
  /** Aborted before they began. */
  readonly #dropped = new Set<number>();
  #endings: Ending[] = [];
  #begunSeq = 0;
  #begunCount = 0;
  #begunSinceMs = 0;
  #reportPlanned = false;
  #beginPlanned = false;

  constructor(setup: RunnerSetup, channel: Channel, code: TaskCode) {
    this.#setup = setup;
    this.#channel = channel;
    this.#code = code;
    this.#logs = openLogStream(channel, () => this.#runs.size === 1);
  }

  /** To be told whenever an attempt has printed something. */
  noteOutput(run: AttemptRun): void {
    this.#logs.noteOutput(run);
  }

  accept(messages: readonly ToRunner[]): void {
    for (const message of messages) {
      if (message.kind === "run") {
        this.#inbox.push(message);
        continue;
      }
      if (message.kind === "abort") this.#abort(message.seq, message.reason);
      this.#channel.send({ kind: "pong", seq: message.seq });
      this.#planReport();
    }
    if (!this.#beginPlanned) this.#beginOrders();
  }

  /** Fails the attempt with an error that escaped it, if it has not ended before. */
  failEscaped(run: AttemptRun, thrown: unknown): void {
    this.#fail(run, thrown);
  }

  /** Says everything there is to say, at once. */
  reportAll(): void {
    this.#report();
    this.#logs.sendAll(this.#runs.values());
    this.#channel.flush();
  }

  #beginOrders(): void {
    this.#beginPlanned = false;
    this.#meter.settle(this.#runs.size);
    const sinceMs = performance.now();
    this.#begunSinceMs = sinceMs;
    for (let order = this.#inbox.shift(); order !== undefined; order = this.#inbox.shift()) {
      this.#begunSeq = order.seq;
      this.#begunCount += 1;
      if (this.#dropped.delete(order.seq)) this.#channel.send({ kind: "dropped", seq: order.seq });
      else this.#begin(order);
      const full = this.#begunCount >= sliceOrders || performance.now() - sinceMs > sliceMs;
      if (full && this.#inbox.size > 0) {
        this.#planReport();
        this.#beginPlanned = true;
        setImmediate(() => this.#beginOrders());
        return;
      }
    }
    if (this.#begunCount > 0) this.#planReport();
  }

  #begin(order: RunOrder): void {
    const run = new AttemptRun(order, this.#setup, this.#meter.shareUs, this.#meter.memoryMb());
    this.#runs.set(run.seq, run);
    const event = invocationEnvelope(run.envelopeSource(this.#setup));
    const context = new RunContext(run, this.#setup, (beating, progress) => {
      this.#channel.sendText(heartbeatText(beating.seq, progress));
      this.#planReport();
    });
    try {
      const result =
        event.inputs_ref === undefined
          ? currentRun.run(run, this.#code, event, context)
          : this.#afterInputs(run, event, context);
      if (isThenable(result)) {
        Promise.resolve(result).then(
          (output) => this.#succeed(run, output),
          (thrown) => this.#fail(run, thrown),
        );
      } else {
        this.#succeed(run, result);
      }
    } catch (thrown) {
      this.#fail(run, thrown);
    }
  }

  async #afterInputs(run: AttemptRun, event: InvocationEnvelope, context: RunContext) {
    const whole = await withInputs(event, run.signal);
    run.signal.throwIfAborted();
    return await currentRun.run(run, this.#code, whole, context);
  }

  #succeed(run: AttemptRun, output: unknown): void {
    if (run.ended) return;
    const { outputUrl } = run.order;
    const { outputBytesMax } = this.#setup;
    const json = outputText(
      output,
      outputUrl === undefined ? outputBytesMax : limits.payloadBytesMax,
    );
    if (json.outcome === "invalid") {
      const message = json.message.slice(0, this.#setup.errorMessageBytesMax / 3);
      this.#endFailed(run, { class: "invalid_output", message });
      return;
    }
    // The code may have put its output away by itself.
    const put = outputUrl === undefined ? undefined : outputMarkerOf(output)?.switchyard_output;
    if (put !== undefined) {
      this.#endPutAway(run, put);
    } else if (outputUrl === undefined || json.text === undefined || json.bytes <= outputBytesMax) {
      const member = json.text === undefined ? "" : `,"output":${json.text}`;
      this.#end(run, `"kind":"succeeded"${member}`);
    } else {
      putAway(outputUrl, json.text, run.signal).then(
        (away) => this.#endPutAway(run, away),
        (thrown) => this.#fail(run, thrown),
      );
    }
  }

  #endPutAway(run: AttemptRun, put: PutOutput): void {
    if (run.ended) return;
    this.#end(run, `"kind":"succeeded","outputRef":${JSON.stringify(put)}`);
  }

  #fail(run: AttemptRun, thrown: unknown): void {
    if (run.ended) return;
    const error = thrownError(thrown, this.#setup.errorMessageBytesMax);
    // Where payloads are kept is none of the task's business, and so is that it cannot be reached.
    const ourFault = thrown instanceof PayloadError && thrown.retryable;
    this.#endFailed(run, ourFault ? { ...error, class: "backend_fault" } : error);
  }

  #endFailed(run: AttemptRun, error: AttemptError): void {
    this.#end(run, `"kind":"failed","error":${JSON.stringify(error)}`);
  }

  #end(run: AttemptRun, verdict: string): void {
    run.ended = true;
    this.#runs.delete(run.seq);
    this.#endings.push({ run, durationMs: performance.now() - run.startedAtMs, verdict });
    this.#planReport();
  }

  #abort(seq: number, reason: "timeout" | "cancelled"): void {
    const run = this.#runs.get(seq);
    if (run !== undefined) currentRun.run(run, () => run.abort(reason));
    else if (seq > this.#begunSeq) this.#dropped.add(seq);
  }

  #planReport(): void {
    if (this.#reportPlanned) return;
    this.#reportPlanned = true;
    setImmediate(() => this.#report());
  }

  #report(): void {
    this.#reportPlanned = false;
    this.#meter.settle(this.#runs.size + this.#endings.length);
    const memoryMb = this.#meter.memoryMb();
    for (const run of this.#runs.values()) run.memoryMbPeak = Math.max(run.memoryMbPeak, memoryMb);
    if (this.#begunCount > 0) {
      const msPerOrder = (performance.now() - this.#begunSinceMs) / this.#begunCount;
      this.#begunCount = 0;
      this.#channel.send({ kind: "begun", seq: this.#begunSeq, msPerOrder });
    }
    const endings = this.#endings;
    this.#endings = [];
    for (const ending of endings) this.#channel.sendText(this.#finalMessage(ending, memoryMb));
    this.#channel.flush();
  }

  #finalMessage({ run, durationMs, verdict }: Ending, memoryMb: number): string {
    const usage: MeasuredUsage = {
      durationMs: rounded(durationMs),
      cpuMs: rounded((this.#meter.shareUs - run.cpuShareAtStartUs) / 1_000),
      memoryMb: Math.ceil(Math.max(run.memoryMbPeak, memoryMb)),
    };
    const log = run.log.take();
    const logMember = log === undefined ? "" : `,"log":${JSON.stringify(log)}`;
    return `{"seq":${run.seq},${verdict},"usage":${JSON.stringify(usage)}${logMember}}`;
  }
}

/** Progress that JSON cannot carry, or too much of it, is left out; the sign of life counts. */
function heartbeatText(seq: number, progress: unknown): string {
  const json = outputText(progress, limits.progressBytesMax);
  const member =
    json.outcome === "invalid" || json.text === undefined ? "" : `,"progress":${json.text}`;
  return `{"kind":"heartbeat","seq":${seq}${member}}`;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}

/** To microseconds: finer is noise. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
