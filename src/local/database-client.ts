import { type Client, createClient } from "@libsql/client/http";

/** Returns a URL without the `user:password@` that it may contain. */
export function withoutCredentials(address: string): string {
  const url = new URL(address);
  if (url.username === "" && url.password === "") return address;
  url.username = "";
  url.password = "";
  return url.href;
}

/**
 * Opens a database with the official client. The URL may contain `user:password@`, as the embedded server's does: the client
 * supports tokens only, so HTTP Basic is added by its `fetch`.
 */
export function databaseClient(address: string, token?: string): Client {
  const { username, password } = new URL(address);
  if (username === "") return createClient({ url: address, ...(token !== undefined && { authToken: token }) });
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
  return createClient({
    url: withoutCredentials(address),
    fetch: (request: Request) => {
      request.headers.set("authorization", `Basic ${credentials}`);
      return fetch(request);
    },
  });
}
