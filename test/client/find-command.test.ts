import { describe, expect, it } from "vitest";
import type { Command } from "../../client/cli/command.ts";
import { findCommand } from "../../client/cli/find-command.ts";

function command(name: string, positionalsMax = 0): Command {
  return {
    name,
    takes: "",
    positionalsMin: 0,
    positionalsMax,
    group: "Server",
    summary: name,
    options: {},
    examples: [],
    run: async () => 0,
  };
}

const commands = [
  command("list"),
  command("rules"),
  command("rules set", 1),
  command("rules check", 1),
  command("pool", 1),
  command("pool set", 1),
  command("edge drain"),
];
const found = (...args: string[]): readonly string[] => {
  const { command: of, rest } = findCommand(commands, args);
  return [of.name, ...rest];
};

describe("the words of a command line", () => {
  it("name commands of one word and of two", () => {
    expect(found("rules")).toEqual(["rules"]);
    expect(found("rules", "set", "a.rules")).toEqual(["rules set", "a.rules"]);
    expect(found("rules", "--json")).toEqual(["rules", "--json"]);
    expect(found("pool", "edge-tokyo")).toEqual(["pool", "edge-tokyo"]);
    expect(found("pool", "set", "x")).toEqual(["pool set", "x"]);
    expect(found("list", "extra")).toEqual(["list", "extra"]);
  });

  it.each([
    [["rules", "chek", "x"], 'no command "rules chek"', "did you mean switchyard rules check?"],
    [["lits"], 'no command "lits"', "did you mean switchyard list?"],
    [["edge"], "switchyard edge needs a second word", "there are edge drain"],
    [["edge", "drian"], 'no command "edge drian"', "did you mean switchyard edge drain?"],
    [["--json", "list"], "the command comes first", "see switchyard help"],
  ])("%j are explained, with the way out", (args, what, fix) => {
    expect(() => findCommand(commands, args)).toThrow(what);
    try {
      findCommand(commands, args);
    } catch (error) {
      expect(error).toMatchObject({ fix });
    }
  });
});
