import { randomBytes } from "node:crypto";
import type { Client } from "@libsql/client/http";
import { placeOf, type SecretBox, secretBox } from "../lib/secret-box.ts";

const batch = 100;

/** The columns that hold encrypted texts. */
const sealed = [{ table: "block_document", column: "secrets" }] as const;

/**
 * Encrypts again under the first key what is encrypted under another, a hundred rows a transaction; returns how many rows. Safe to run
 * twice and beside a server, which reads with all of its keys. Throws SecretsUnavailable for a secret whose key is not among these.
 */
export async function rotateKey(client: Client, keys: readonly string[]): Promise<number> {
  const box = secretBox(keys, (length) => new Uint8Array(randomBytes(length)));
  let rows = 0;
  for (const place of sealed) rows += await rotateColumn(client, box, place);
  return rows;
}

async function rotateColumn(client: Client, box: SecretBox, { table, column }: (typeof sealed)[number]): Promise<number> {
  const prefix = await box.prefix();
  let count = 0;
  for (let after = ""; ; ) {
    const { rows } = await client.execute({
      sql: `select id, ${column} as sealed from ${table} where ${column} is not null and id > ? and substr(${column}, 1, ?) <> ? order by id limit ?`,
      args: [after, prefix.length, prefix, batch],
    });
    if (rows.length === 0) return count;
    const updates = await Promise.all(
      rows.map(async (row) => {
        const [id, old] = [String(row.id), String(row.sealed)];
        after = id;
        const place = placeOf(table, column, id);
        // What was written meanwhile stays as it was written.
        const args = [await box.seal(await box.open(old, place), place), id, old];
        return { sql: `update ${table} set ${column} = ? where id = ? and ${column} = ?`, args };
      }),
    );
    await client.batch(updates, "write");
    count += rows.length;
  }
}
