import { describe, expect, it } from "vitest";
import { aggregateWorkerMetadata } from "../../src/catalog/worker-metadata.ts";
import { checkTemplateDefaults, validateJobVariables } from "../../src/domain/parameters/job-templates.ts";
import { checkBaseJobTemplate } from "../../src/schemas/job-templates.ts";
import { testApp } from "../support/app.ts";

const all = Object.entries(aggregateWorkerMetadata).flatMap(([name, types]) =>
  Object.entries(types).map(([type, entry]) => ({ name, type, entry })),
);

describe("the types of workers", () => {
  // As rows of a migration they cost the bundle nothing: who changes them here writes a migration with the new view.
  it("are what the migrations have stored of them", async () => {
    const app = await testApp();
    const view = await app.get("/collections/views/aggregate-worker-metadata");
    expect([view.status, view.roundTrips, view.body]).toEqual([200, 1, aggregateWorkerMetadata]);
  });

  it("are these, under the packages that bring them", () => {
    expect(all.map(({ name, type }) => [name, type])).toEqual([
      ["prefect", "process"],
      ["prefect-aws", "ecs"],
      ["prefect-azure", "azure-container-instance"],
      ["prefect-docker", "docker"],
      ["prefect-gcp", "cloud-run"],
      ["prefect-gcp", "cloud-run-v2"],
      ["prefect-gcp", "vertex-ai"],
      ["prefect-kubernetes", "kubernetes"],
    ]);
  });

  it.each(all)("$type tells all that a client shows", ({ name, type, entry }) => {
    expect(Object.keys(entry).sort()).toEqual([
      "default_base_job_configuration",
      "description",
      "display_name",
      "documentation_url",
      "install_command",
      "is_beta",
      "logo_url",
      "type",
    ]);
    expect(entry.type).toBe(type);
    expect(entry.install_command).toBe(`pip install ${name}`);
    expect(entry.documentation_url).toMatch(/^https:\/\//);
    expect(entry.logo_url).toMatch(/^https:\/\/.*\.png$/);
  });

  it.each(all)("$type has a template that a pool accepts", ({ entry }) => {
    const template = entry.default_base_job_configuration;
    expect(checkBaseJobTemplate(template)).toEqual({ ok: true });
    expect(checkTemplateDefaults(template, new Map())).toEqual({ ok: true });
  });

  it.each(all)("$type passes on every variable it has", ({ entry }) => {
    const { job_configuration, variables } = entry.default_base_job_configuration;
    const used = JSON.stringify(job_configuration);
    const unused = Object.keys(variables.properties).filter((variable) => !used.includes(`{{ ${variable} }}`));
    expect(unused).toEqual([]);
  });

  it.each(all)("$type runs with nothing but what it requires", ({ entry }) => {
    const template = entry.default_base_job_configuration;
    const required = Object.fromEntries((template.variables.required ?? []).map((name) => [name, "x"]));
    const check = (layer: object) =>
      validateJobVariables({ template, blocks: new Map(), layers: [layer], ignoreRequired: false });
    expect(check(required)).toEqual({ ok: true });
    expect(check({ ...required, env: { A: 1 } })).toMatchObject({ ok: false, kind: "value" });
    if (template.variables.required !== undefined) expect(check({})).toMatchObject({ ok: false, kind: "value" });
  });

  it("have the process template that clients know", () => {
    const template = aggregateWorkerMetadata.prefect?.process?.default_base_job_configuration;
    expect(template?.job_configuration).toEqual({
      command: "{{ command }}",
      env: "{{ env }}",
      labels: "{{ labels }}",
      name: "{{ name }}",
      stream_output: "{{ stream_output }}",
      working_dir: "{{ working_dir }}",
    });
    expect(Object.keys(template?.variables.properties ?? {}).sort()).toEqual([
      "command",
      "env",
      "labels",
      "name",
      "stream_output",
      "working_dir",
    ]);
  });
});
