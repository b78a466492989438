import { createClient } from "@libsql/client/http";
import { describe, expect, it } from "vitest";
import { SecretsUnavailable, secretBox } from "../../src/lib/secret-box.ts";
import { rotateKey } from "../../src/local/key-rotation.ts";
import { placeOfSecrets } from "../../src/store/block-documents/rows.ts";
import { testApp } from "../support/app.ts";

const key = (letter: string) => btoa(letter.repeat(32));
const [oldKey, newKey] = [key("o"), key("n")];

async function storedSecrets(documents: number) {
  const app = await testApp({ MILLIWAYS_ENCRYPTION_KEY: oldKey });
  const block_type_id = (await app.post("/block_types/", { name: "vault", slug: "vault" })).body.id;
  const schema = { block_type_id, fields: { title: "Vault", secret_fields: ["pw"] } };
  const block_schema_id = (await app.post("/block_schemas/", schema)).body.id;
  const body = (name: string) => ({ block_type_id, block_schema_id, name, data: { pw: `of ${name}` } });
  for (let i = 0; i < documents; i++) await app.post("/block_documents/", body(`d-${i}`));
  const client = createClient({ url: app.deps().config.databaseUrl });
  const rows = async () => (await client.execute("select id, name, secrets from block_document order by id")).rows;
  return { client, rows };
}

describe("rotating the key", () => {
  it("encrypts all secrets under the first key, several batches of them, and is done once", async () => {
    const { client, rows } = await storedSecrets(230);
    expect(await rotateKey(client, [newKey, oldKey])).toBe(230);
    expect(await rotateKey(client, [newKey, oldKey])).toBe(0);
    const box = secretBox([newKey], () => new Uint8Array(12));
    const opened = await Promise.all(
      (await rows()).map(async ({ id, name, secrets }) => [name, await box.open(String(secrets), placeOfSecrets(String(id)))]),
    );
    expect(opened.length).toBe(230);
    expect(opened.filter(([name, data]) => data !== JSON.stringify({ pw: `of ${String(name)}` }))).toEqual([]);
    client.close();
  });

  it("changes nothing without the key of what is stored", async () => {
    const { client, rows } = await storedSecrets(1);
    const before = await rows();
    await expect(rotateKey(client, [newKey])).rejects.toThrow(SecretsUnavailable);
    expect(await rows()).toEqual(before);
    client.close();
  });
});
