import { operations } from "../../app.ts";
import { openApiDocument } from "../../http/openapi.ts";

/** The API's description as JSON; the operations that show it are left out. */
export const description: string = JSON.stringify(openApiDocument(operations.filter(({ tag }) => tag !== "Documentation")));
