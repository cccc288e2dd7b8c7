import { type ChildProcess, spawn } from "node:child_process";
import type { Log } from "../../../../shared/ports/log.ts";

/**
 * A shell that reads "+ group" and "- group" and, when its input ends, kills the groups left over.
 * Nobody else can: when the host is killed, a task in an endless loop never learns of it.
 */
const script = `
trap '' HUP INT TERM
groups=
while read -r sign group; do
  kept=
  for one in $groups; do [ "$one" = "$group" ] || kept="$kept $one"; done
  groups=$kept
  if [ "$sign" = "+" ]; then groups="$groups $group"; fi
done
for one in $groups; do kill -9 "-$one" 2>/dev/null; done
`;

/** Kills the children of a host that dies without saying goodbye. Exists only while there are children. */
export class GuardProcess {
  readonly #log: Log;
  readonly #groups = new Set<number>();
  #shell: ChildProcess | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  watch(group: number): void {
    this.#groups.add(group);
    if (this.#shell === undefined) this.#open();
    else this.#say(`+ ${group}\n`);
  }

  forget(group: number): void {
    if (!this.#groups.delete(group)) return;
    this.#say(`- ${group}\n`);
    if (this.#groups.size > 0) return;
    this.#shell?.stdin?.end();
    this.#shell = undefined;
  }

  #open(): void {
    if (process.platform === "win32") return;
    const shell = spawn("/bin/sh", ["-c", script], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    this.#shell = shell;
    shell.on("error", (error) => {
      this.#log.warn("no guard over task processes", { reason: error.message });
    });
    shell.on("exit", () => {
      // Someone ended it; the next child gets a new one.
      if (this.#shell === shell) this.#shell = undefined;
    });
    shell.stdin?.on("error", (error) => {
      this.#log.debug("the guard over task processes does not listen", { reason: error.message });
    });
    shell.unref();
    for (const group of this.#groups) this.#say(`+ ${group}\n`);
  }

  #say(line: string): void {
    this.#shell?.stdin?.write(line);
  }
}
