const memorySampleMs = 20;

/**
 * CPU and memory of attempts that share a process. CPU time is split evenly among the attempts that
 * were there while it was spent: exact for an attempt that was alone, a fair share otherwise.
 * Memory is the process's.
 */
export class UsageMeter {
  #cpuUs = process.cpuUsage();
  /** What an attempt present from the beginning would have used by now. */
  #shareUs = 0;
  #memoryMb = process.memoryUsage.rss() / 1_048_576;
  #sampledAtMs = performance.now();

  /** Books the CPU time since the last call on the attempts that were present. */
  settle(attemptsPresent: number): void {
    const spent = process.cpuUsage(this.#cpuUs);
    this.#cpuUs = {
      user: this.#cpuUs.user + spent.user,
      system: this.#cpuUs.system + spent.system,
    };
    if (attemptsPresent > 0) this.#shareUs += (spent.user + spent.system) / attemptsPresent;
  }

  get shareUs(): number {
    return this.#shareUs;
  }

  /** Resident memory, at most 20 ms old: reading it costs as much as running a small attempt. */
  memoryMb(): number {
    const nowMs = performance.now();
    if (nowMs - this.#sampledAtMs > memorySampleMs) {
      this.#sampledAtMs = nowMs;
      this.#memoryMb = process.memoryUsage.rss() / 1_048_576;
    }
    return this.#memoryMb;
  }
}
