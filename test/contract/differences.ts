/** Operations that no reference's description has. */
export const additions: Record<string, string> = {
  "POST /admin/keys/": "creates an API key; the references have one password",
  "POST /admin/keys/filter": "lists the API keys",
  "DELETE /admin/keys/{id}": "revokes an API key",
  "POST /audit/filter": "tells who changed what",
  "GET /flow_runs/{id}/why_late": "what a run waits for; the references do not tell",
  "GET /docs": "the page that shows the description",
  "POST /v2/concurrency_limits/{id_or_name}/holders/filter":
    "who holds the slots of a limit; the references keep that to themselves",
};

interface Difference {
  readonly operation: RegExp;
  readonly fault: RegExp;
  readonly reason: string;
}

/** Where this contract says something else than a reference's, each with its reason. */
export const differences: readonly Difference[] = [
  {
    operation: /\/history$/,
    fault: /^body\.history_interval: missing/,
    reason: "3.3.0 describes the member by its inner name; both servers read history_interval_seconds",
  },
  {
    operation: /^POST \/task_runs\/paginate$/,
    fault: /\.(parameters|context): missing/,
    reason: "3.3.0 describes these of a task run, which has neither; the current server left them out",
  },
];
