import { baseUrl } from "./settings.ts";

/** Ends with status 0 if the server of this HOST and PORT answers, else with 1: what a container engine asks. */
const { HOST, PORT } = process.env;
const url = `${baseUrl({ host: HOST || "127.0.0.1", port: Number(PORT || 4200) })}/api/health`;
const answer = await fetch(url, { signal: AbortSignal.timeout(4_000) }).catch(() => null);
process.exit(answer?.ok ? 0 : 1);
