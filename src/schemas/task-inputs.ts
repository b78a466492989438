import * as z from "zod";
import { uuid } from "./common.ts";
import { dictionary, list } from "./lists.ts";

export const taskRunResult = z
  .object({ input_type: z.literal("task_run").default("task_run"), id: uuid() })
  .register(z.globalRegistry, { id: "TaskRunResult" });
const flowRunResult = z
  .object({ input_type: z.literal("flow_run").default("flow_run"), id: uuid() })
  .register(z.globalRegistry, { id: "FlowRunResult" });
const parameter = z
  .object({ input_type: z.literal("parameter").default("parameter"), name: z.string() })
  .register(z.globalRegistry, { id: "Parameter" });
const constant = z
  .object({ input_type: z.literal("constant").default("constant"), type: z.string() })
  .register(z.globalRegistry, { id: "Constant" });

/** The sources of a task's inputs, by the name of the input. */
export const taskInputs = dictionary(list(z.union([taskRunResult, flowRunResult, parameter, constant])));
