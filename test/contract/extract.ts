// Makes the fixtures from the references' own descriptions: node test/contract/extract.ts <description.json> <fixture.json>
import { readFileSync, writeFileSync } from "node:fs";
import { shapesOf } from "./shapes.ts";

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) throw new Error("usage: extract.ts <description.json> <fixture.json>");
writeFileSync(to, `${JSON.stringify(shapesOf(JSON.parse(readFileSync(from, "utf8"))))}\n`);
