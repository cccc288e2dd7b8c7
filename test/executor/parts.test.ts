import { describe, expect, it } from "vitest";
import { PriorityLine } from "../../functions/adapters/local/executor/priority-line.ts";
import { RecentSet } from "../../functions/adapters/local/executor/recent-set.ts";
import { residentMb } from "../../functions/adapters/local/executor/resident-memory.ts";
import { parseRunnerLine } from "../../functions/adapters/local/executor/runner-messages.ts";
import { BoundedLog, firstBytes, lastBytes } from "../../functions/runner/bounded-log.ts";
import { Fifo } from "../../functions/runner/fifo.ts";
import { LineSplitter } from "../../functions/runner/line-splitter.ts";

describe("cutting text to bytes", () => {
  it.each([
    ["abc", 2, "ab", "bc"],
    ["abc", 0, "", ""],
    ["abc", 9, "abc", "abc"],
    ["äöü", 3, "ä", "ü"],
    ["a😀b", 4, "a", "b"],
    ["😀😀", 7, "😀", "😀"],
  ])("keeps whole characters: %s to %i", (text, bytes, first, last) => {
    expect(firstBytes(text, bytes)).toBe(first);
    expect(lastBytes(text, bytes)).toBe(last);
  });
});

describe("a bounded log", () => {
  it("hands on the head as it comes, then the newest tail and what was cut", () => {
    const log = new BoundedLog(10, 6);
    log.append("12345");
    expect(log.take()).toEqual({ head: "12345" });
    log.append("67890abc");
    expect(log.take()).toEqual({ head: "67890", tail: "abc", cutBytes: 0 });
    log.append("defghi");
    expect(log.take()).toEqual({ tail: "defghi", cutBytes: 3 });
    expect(log.take()).toBeUndefined();
  });

  it("counts every byte once, kept or cut, however it is fed", () => {
    for (const size of [1, 3, 7, 50, 5_000]) {
      const log = new BoundedLog(100, 64);
      let kept = 0;
      for (let written = 0; written < 5_000; written += size) log.append("x".repeat(size));
      const piece = log.take();
      kept = (piece?.head?.length ?? 0) + (piece?.tail?.length ?? 0) + (piece?.cutBytes ?? 0);
      expect(kept).toBe(Math.ceil(5_000 / size) * size);
      expect(piece?.tail?.length).toBeLessThanOrEqual(64);
    }
  });
});

describe("lines", () => {
  it("come out whole, wherever the stream was cut", () => {
    const text = '[{"a":1}]\n\n[2]\nrest';
    for (let size = 1; size <= text.length; size++) {
      const splitter = new LineSplitter();
      const lines: string[] = [];
      for (let at = 0; at < text.length; at += size) {
        lines.push(...splitter.push(text.slice(at, at + size)));
      }
      expect(lines).toEqual(['[{"a":1}]', "", "[2]"]);
      expect(splitter.pendingChars).toBe(4);
    }
  });
});

describe("what a runner cannot have written", () => {
  const usage = '"usage":{"durationMs":1,"cpuMs":1,"memoryMb":1}';
  it.each([
    "",
    "hello",
    "{}",
    "[1]",
    "[null]",
    '[{"kind":"nonsense"}]',
    '[{"kind":"toString"}]',
    '[{"kind":"log","seq":"1","log":{}}]',
    '[{"kind":"log","seq":1,"log":{"head":5}}]',
    '[{"kind":"succeeded","seq":1}]',
    `[{"kind":"failed","seq":1,${usage},"error":{"class":"throttled","message":"m"}}]`,
    `[{"kind":"failed","seq":1,${usage},"error":{"class":"error"}}]`,
    '[{"kind":"ready"},{"kind":"begun","seq":1}]',
  ])("is told apart: %s", (line) => {
    expect(parseRunnerLine(line)).toBeUndefined();
  });

  it("is not what it does write", () => {
    const line = `[{"kind":"hello"},{"kind":"succeeded","seq":1,"output":[null],${usage},"log":{"head":"h"}}]`;
    expect(parseRunnerLine(line)).toHaveLength(2);
  });
});

describe("queues and sets", () => {
  it("a fifo keeps the order over many thousand items", () => {
    const fifo = new Fifo<number>();
    for (let i = 0; i < 20_000; i++) fifo.push(i);
    for (let i = 0; i < 10_000; i++) expect(fifo.shift()).toBe(i);
    for (let i = 20_000; i < 21_000; i++) fifo.push(i);
    expect(fifo.size).toBe(11_000);
    for (let i = 10_000; i < 21_000; i++) expect(fifo.shift()).toBe(i);
    expect(fifo.shift()).toBeUndefined();
    expect(fifo.size).toBe(0);
  });

  it("a line serves higher priorities first and equals in order", () => {
    const line = new PriorityLine<string>(9);
    line.push("low", 0);
    line.push("first", 5);
    line.push("second", 5);
    line.push("high", 9);
    const order = ["high", "first", "second", "low"];
    expect(order.map(() => line.shift())).toEqual(order);
    expect(line.peek()).toBeUndefined();
  });

  it("a recent set remembers the newest and forgets the rest", () => {
    const recent = new RecentSet(100);
    for (let i = 0; i < 1_000; i++) recent.add(`item-${i}`);
    for (let i = 951; i < 1_000; i++) expect(recent.has(`item-${i}`)).toBe(true);
    for (let i = 0; i < 900; i++) expect(recent.has(`item-${i}`)).toBe(false);
    recent.delete("item-999");
    expect(recent.has("item-999")).toBe(false);
  });

  it.runIf(process.platform === "linux")("memory of a process is what Node says itself", () => {
    const own = process.memoryUsage.rss() / 1_048_576;
    expect(residentMb(process.pid)).toBeGreaterThan(own * 0.8);
    expect(residentMb(process.pid)).toBeLessThan(own * 1.2);
    expect(residentMb(2 ** 30)).toBeUndefined();
  });
});
