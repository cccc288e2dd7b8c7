import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cdkJson, repository } from "./repository.ts";

describe("cdk.json", () => {
  it("sets every feature flag as CDK recommends it", () => {
    const recommended = JSON.parse(
      readFileSync(
        join(repository, "node_modules/aws-cdk-lib/recommended-feature-flags.json"),
        "utf8",
      ),
    );
    expect(cdkJson.context).toMatchObject(recommended);
  });

  it("builds the functions before it synthesises, so that what is deployed is what is there", () => {
    expect(cdkJson).toMatchObject({
      app: "npx tsx infra/app.ts",
      build: "npx tsx functions/build/build.ts --only lambda,runner",
    });
  });
});
