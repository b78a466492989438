import type { Hono } from "hono";
import { createApp } from "./app.ts";
import { runJobs } from "./cron/index.ts";
import { type Isolate, isolateOf } from "./deps.ts";
import { ConfigError, type Env, readConfig } from "./env.ts";
import { ApiError, errorResponse } from "./http/errors.ts";
import type { AppEnv } from "./http/route.ts";

interface Served {
  readonly app: Hono<AppEnv>;
  readonly isolate: Isolate;
}

// The configuration is parsed once per set of bindings; an isolate has one.
const served = new WeakMap<Env, Served>();

function serve(env: Env): Served {
  const known = served.get(env);
  if (known !== undefined) return known;
  const isolate = isolateOf(readConfig(env));
  const made = { isolate, app: createApp(isolate) };
  served.set(env, made);
  return made;
}

const refuse = (error: ConfigError): Response => errorResponse(new ApiError(503, { exception_message: error.message }));

export default {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response> {
    try {
      return serve(env).app.fetch(request, env, context);
    } catch (error) {
      if (error instanceof ConfigError) return refuse(error);
      throw error;
    }
  },
  async scheduled(controller: ScheduledController, env: Env, context: ExecutionContext): Promise<void> {
    const { isolate } = serve(env);
    await runJobs(isolate.deps({ principal: null, waitUntil: (work) => context.waitUntil(work) }), {
      cron: controller.cron,
      scheduledTime: controller.scheduledTime * 1000,
    });
  },
} satisfies ExportedHandler<Env>;
