import createClient, { type Client } from "openapi-fetch";
// `npm run openapi` writes it.
import type { paths } from "../../.cache/openapi/api.d.ts";

/** The API by its paths, with the types of its description. */
export type ApiClient = Client<paths>;

/** Returns a client of the API at an address that ends in `/api`, which sends the headers with each request. */
export const apiClient = (baseUrl: string, headers: Record<string, string> = {}): ApiClient =>
  createClient<paths>({ baseUrl, headers });

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** Returns what an operation answered; throws for an error. */
export async function dataOf<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (data === undefined) throw new Error(`${response.url}: ${response.status} ${JSON.stringify(error)}`);
  return data;
}

/** Waits for an operation that answers without content; throws for an error. */
export async function done(answer: Promise<Answer<unknown>>): Promise<void> {
  const { error, response } = await answer;
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${JSON.stringify(error)}`);
}
