import { describe, expect, it } from "vitest";
import { limits } from "../../../shared/core/limits.ts";
import { formatCondition } from "../../../shared/routing/rules/format-condition.ts";
import { parseCondition } from "../../../shared/routing/rules/parse-condition.ts";

/** The mistakes as `line:column message (suggestion)`. */
function mistakesOf(text: string): readonly string[] {
  const parsed = parseCondition(text);
  if (parsed.outcome === "done") return [];
  return parsed.mistakes.map(({ line, column, message, suggestion }) =>
    suggestion === undefined
      ? `${line}:${column} ${message}`
      : `${line}:${column} ${message} (${suggestion})`,
  );
}

const wrong: readonly (readonly [string, string])[] = [
  // names
  [
    "execution_time_estimat < 300s",
    "1:1 there is no feature execution_time_estimat (did you mean execution_time_estimate?)",
  ],
  [
    "stateful = false AND cpuRequirement < 2_cores",
    "1:22 there is no feature cpuRequirement (did you mean cpu_requirement?)",
  ],
  ["memory < 2GB", "1:1 there is no feature memory (did you mean memory_requirement?)"],
  // units
  [
    "execution_time_estimate < 300sec",
    "1:27 execution_time_estimate is a duration, which has no unit sec (did you mean s? The units are ms, s, m, h, d)",
  ],
  [
    "memory_requirement < 2gb",
    "1:22 memory_requirement is an amount of memory or storage, which has no unit gb (did you mean GB? The units are KB, MB, GB, TB)",
  ],
  [
    "execution_time_estimate < 2GB",
    "1:27 execution_time_estimate is a duration, which has no unit GB (use ms, s, m, h, d, as in 300s)",
  ],
  [
    "execution_time_estimate < 300",
    "1:27 300 has no unit, and execution_time_estimate is a duration (write 300s (possible are ms, s, m, h, d))",
  ],
  [
    "cpu_requirement < 2",
    "1:19 2 has no unit, and cpu_requirement is a number of cores (write 2_cores)",
  ],
  [
    "dependencies_count < 5s",
    "1:22 dependencies_count is a plain number and has no unit s (write 5)",
  ],
  ["execution_time_estimate < 300 s", '1:31 "s" stands alone here (write 300s without a space)'],
  // operators
  ["stateful == true", "1:10 == is not an operator here (write =)"],
  ["stateful <> true", "1:10 <> is not an operator here (write !=)"],
  ["dependencies_count =< 5", "1:20 =< is not an operator here (write <=)"],
  ["dependencies_count => 5", "1:20 => is not an operator here (write >=)"],
  ["stateful = true && concurrent = true", "1:17 && is not an operator here (write AND)"],
  ["stateful = true || concurrent = true", "1:17 || is not an operator here (write OR)"],
  ["!stateful = true", "1:1 ! is not an operator here (write NOT)"],
  ["dependencies_count > -1", "1:22 -1 is negative, and no feature is (leave the sign out)"],
  // types
  ["stateful < true", "1:10 stateful is true or false and cannot be compared with < (use = or !=)"],
  [
    "trigger_type > 'a'",
    "1:14 trigger_type is a text and cannot be compared with > (use =, != or IN)",
  ],
  [
    "stateful = 'true'",
    "1:12 stateful is true or false, not the text 'true' (write true without quotes)",
  ],
  ["stateful = 1", "1:12 stateful is true or false, not a number (compare it with true or false)"],
  ["trigger_type = true", "1:16 trigger_type is a text, not true (write it like 'event')"],
  [
    "execution_time_estimate < '300s'",
    "1:27 execution_time_estimate is a duration, not the text '300s' (write 300s without quotes)",
  ],
  [
    "stateful IN [true]",
    "1:13 stateful is true or false, so a list says nothing about it (write stateful = true or stateful = false)",
  ],
  ["trigger_type = event", "1:16 event is no value (texts stand in quotes: 'event')"],
  [
    "cpu_requirement < memory_requirement",
    "1:19 two features cannot be compared with each other (use a value)",
  ],
  // grammar
  ["", "1:1 there is no condition here"],
  ["  ", "1:3 there is no condition here"],
  ["stateful", "1:9 stateful is not compared with anything (write stateful = true)"],
  [
    "300s > execution_time_estimate",
    "1:1 a comparison begins with the name of a feature (write execution_time_estimate < 300s)",
  ],
  [
    "(stateful = true AND concurrent = false",
    "1:40 a ) is missing here: the ( of line 1, column 1 is still open (add ) at the end)",
  ],
  ["stateful = true)", "1:16 this ) closes nothing (remove it, or add a ( before)"],
  [
    "stateful = true concurrent = true",
    "1:17 AND or OR is expected before concurrent (put AND or OR between two comparisons)",
  ],
  ["stateful = true AND", "1:20 the condition ends where a comparison is expected"],
  ["stateful =", "1:11 the condition ends where a value is expected"],
  ["AND stateful = true", "1:1 a comparison is expected here, not AND"],
  ["()", "1:2 a comparison is expected here, not ) (put a comparison between the parentheses)"],
  ["trigger_type IN 'event'", "1:17 IN takes a list in square brackets (write ['event'])"],
  ["trigger_type IN []", "1:18 the list is empty, so nothing is in it"],
  ["trigger_type IN ['a',]", "1:22 a value is expected here, not ]"],
  [
    "trigger_type IN ['a' 'b']",
    "1:22 a ] is missing here: the list of line 1, column 17 is still open (separate values by commas and close the list with ])",
  ],
  ["trigger_type NOT = 'a'", "1:18 IN is expected after NOT here (write NOT trigger_type …)"],
  [
    "trigger_type = 'a",
    "1:16 ' begins a text that does not end on its line (close it with the same quote)",
  ],
  ["trigger_type = “a”", "1:16 “ does not quote a text (use ' or \")"],
  ["stateful = true;", '1:16 ";" has no meaning here'],
  [
    "dependencies_count < 1e9",
    "1:22 1e9 is no number that is possible here (write digits, a point and at most 6 more, and a unit)",
  ],
];

describe("a wrong condition is explained with its place and a way out", () => {
  it.each(wrong)("%s", (text, expected) => {
    expect(mistakesOf(text)).toEqual([expected]);
  });

  it("counts lines, and columns in each", () => {
    expect(mistakesOf("stateful = true\n  AND concurent = true\n\tOR x")).toEqual([
      "2:7 there is no feature concurent (did you mean concurrent?)",
      expect.stringMatching(/^3:5 there is no feature x/),
      expect.stringMatching(/^3:6 x is not compared/),
    ]);
  });

  it("reports every wrong name, unit and type at once", () => {
    expect(
      mistakesOf("statful = true OR memory_requirement < 2gb OR concurrent > true"),
    ).toHaveLength(3);
  });
});

describe("conditions are bounded", () => {
  const deep = (levels: number, [open, close]: readonly [string, string]) =>
    `${open.repeat(levels)}stateful = true${close.repeat(levels)}`;

  it.each([
    ["(", ")"],
    ["NOT ", ""],
  ] as const)("in depth: %s", (...around) => {
    expect(mistakesOf(deep(limits.ruleDepthMax, around))).toEqual([]);
    expect(mistakesOf(deep(limits.ruleDepthMax + 1, around))[0]).toContain("nested more than");
    // Far beyond, neither stack nor time run out.
    expect(mistakesOf(deep(1_000, around))[0]).toContain("nested more than");
  });

  it("in length and in number of comparisons", () => {
    expect(mistakesOf("x".repeat(limits.ruleCharsMax + 1))[0]).toContain("at most");
    const many = Array.from({ length: limits.ruleNodesMax }, () => "1").join(",");
    expect(mistakesOf(`dependencies_count IN [${many}]`)[0]).toContain("more than 500");
  });
});

describe("the canonical text", () => {
  it.each([
    ["stateful=true and not(concurrent=FALSE)", "stateful = true AND NOT concurrent = false"],
    [
      "((stateful = true)) OR (concurrent = true OR stateful = false)",
      "stateful = true OR concurrent = true OR stateful = false",
    ],
    [
      "(stateful = true OR concurrent = true) AND stateful = false",
      "(stateful = true OR concurrent = true) AND stateful = false",
    ],
    ["NOT (stateful = true AND concurrent = true)", "NOT (stateful = true AND concurrent = true)"],
    ['trigger_type in [ "event" , "it\'s" ]', "trigger_type IN ['event','it\\'s']"],
    ["task not in ['a']", "task NOT IN ['a']"],
    [
      "cpu_requirement >= 1cores OR cpu_requirement < 0.50_core",
      "cpu_requirement >= 1_core OR cpu_requirement < 0.5_cores",
    ],
    ["execution_time_estimate < 5m", "execution_time_estimate < 5m"],
    ["input_bytes < 6MB AND input_bytes > 100", "input_bytes < 6MB AND input_bytes > 100"],
    [
      "tag.team = 'a b' AND tag.cost-centre/eu != 'x'",
      "tag.team = 'a b' AND tag.cost-centre/eu != 'x'",
    ],
  ])("of %s", (text, canonical) => {
    expect(formatCondition(text)).toBe(canonical);
    expect(formatCondition(canonical)).toBe(canonical);
  });

  it("of what cannot be read is what was written", () => {
    expect(formatCondition("stateful =")).toBe("stateful =");
  });
});
