import { type BaseJobTemplate, common, commonNames, flag, passOn, text } from "./variables.ts";

/** Runs flow runs as processes on the worker's machine. */
export const processTemplate: BaseJobTemplate = {
  job_configuration: passOn(...commonNames, "stream_output", "working_dir"),
  variables: {
    type: "object",
    properties: {
      ...common,
      stream_output: flag("Stream Output", "Whether the worker shows the output of the process.", { default: true }),
      working_dir: text("Working Directory", "The folder in which the process runs. Left empty, a temporary one is made.", {
        format: "path",
      }),
    },
  },
};
