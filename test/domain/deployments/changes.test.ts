import { expect, it } from "vitest";
import { deploymentDifference } from "../../../src/domain/deployments/changes.ts";
import { defaultColumns } from "../../../src/domain/deployments/columns.ts";

const before = { ...defaultColumns, work_queue_id: null };

it("tells what really changes, job variables by the name of the reference's column", () => {
  const after = { ...before, description: "new", tags: [], job_variables: { a: 1 }, work_queue_id: "q", path: undefined };
  expect(deploymentDifference(before, after)).toEqual({
    updated_fields: ["description", "work_queue_id", "infra_overrides"],
    updates: {
      description: { from: null, to: "new" },
      work_queue_id: { from: null, to: "q" },
      infra_overrides: { from: {}, to: { a: 1 } },
    },
  });
});

it("tells nothing where values are equal or not told", () => {
  expect(deploymentDifference(before, { ...before, parameters: {}, work_queue_name: "other" })).toBeNull();
  expect(deploymentDifference(before, {})).toBeNull();
});
