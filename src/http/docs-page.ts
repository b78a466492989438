/** Returns the page that shows the API's description; `root` is the relative path to the static files (src/local/interface/site.ts). */
export const docsPage = (root: string): Response =>
  new Response(
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Milliways API</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="${root}swagger-ui/swagger-ui.css"><div id="docs"></div>
<script src="${root}swagger-ui/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({ url: "openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null })</script></html>`,
    { headers: { "content-type": "text/html; charset=utf-8" } },
  );
