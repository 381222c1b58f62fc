import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";

interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: object }>>;
}

let server: TestServer;
// biome-ignore lint/suspicious/noExplicitAny: a document of which the tests look at parts
let document: any;
let operations: (readonly [path: string, method: string, operation: OpenApiOperation])[];

beforeAll(async () => {
  server = await startTestServer();
  document = (await server.call("GET", "/openapi.json")).body;
  operations = Object.entries<Record<string, OpenApiOperation>>(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [path, method, operation] as const),
  );
});
afterAll(() => server.close());

test("describes every route", () => {
  const routes = operations.map(([path, method]) => `${method.toUpperCase()} ${path}`).sort();
  const inDatabases = routes.filter((route) => route.includes("/databases/{database}/collections"));
  const collections = routes.filter((route) => route.includes(" /api/v1/collections"));
  expect(inDatabases.map((route) => route.replace("/databases/{database}", ""))).toEqual(collections);
  expect(routes.filter((route) => !inDatabases.includes(route))).toEqual(
    [
      "DELETE /api/v1/api-keys/{apiKey}",
      "DELETE /api/v1/collections/{collection}",
      "DELETE /api/v1/collections/{collection}/docs/{id}",
      "DELETE /api/v1/collections/{collection}/documents/{id}",
      "DELETE /api/v1/collections/{collection}/snapshots/{snapshot}",
      "DELETE /api/v1/databases/{database}",
      "DELETE /api/v1/policies/{policy}",
      "DELETE /api/v1/tenants/{tenant}",
      "DELETE /api/v1/users/{user}",
      "GET /admin/dlq",
      "GET /admin/gc/jobs/{job}/report",
      "GET /admin/health",
      "GET /api/v1/api-keys",
      "GET /api/v1/api-keys/{apiKey}",
      "GET /api/v1/audit-logs",
      "GET /api/v1/audit-logs/export",
      "GET /api/v1/auth/me",
      "GET /api/v1/auth/permissions",
      "GET /api/v1/backups/{backup}",
      "GET /api/v1/collections",
      "GET /api/v1/collections/{collection}",
      "GET /api/v1/collections/{collection}/docs/{id}",
      "GET /api/v1/collections/{collection}/documents/{id}",
      "GET /api/v1/collections/{collection}/reembed",
      "GET /api/v1/collections/{collection}/snapshots",
      "GET /api/v1/collections/{collection}/snapshots/{snapshot}/download",
      "GET /api/v1/collections/{collection}/tier",
      "GET /api/v1/databases",
      "GET /api/v1/databases/{database}",
      "GET /api/v1/databases/{database}/metrics/tiers",
      "GET /api/v1/jobs/{job}",
      "GET /api/v1/metrics/tiers",
      "GET /api/v1/models",
      "GET /api/v1/models/{model}",
      "GET /api/v1/policies",
      "GET /api/v1/policies/shipped",
      "GET /api/v1/policies/{policy}",
      "GET /api/v1/tenants",
      "GET /api/v1/tenants/{tenant}",
      "GET /api/v1/usage",
      "GET /api/v1/users",
      "GET /api/v1/users/{user}",
      "GET /api/v1/verifications/{verification}",
      "GET /health",
      "GET /metrics",
      "GET /openapi.json",
      "GET /ready",
      "GET /v1/models",
      "GET /v1/models/{model}",
      "PATCH /api/v1/collections/{collection}",
      "PATCH /api/v1/collections/{collection}/docs/{id}",
      "PATCH /api/v1/collections/{collection}/documents/{id}",
      "PATCH /api/v1/databases/{database}",
      "PATCH /api/v1/policies/{policy}",
      "PATCH /api/v1/tenants/{tenant}",
      "PATCH /api/v1/users/{user}",
      "POST /admin/circuit-breaker/reset",
      "POST /admin/collections/{collection}/dlq/retry",
      "POST /admin/gc",
      "POST /admin/gc/jobs",
      "POST /admin/gc/jobs/{job}/cancel",
      "POST /api/v1/api-keys",
      "POST /api/v1/api-keys/{apiKey}/revoke",
      "POST /api/v1/audit-logs/verify",
      "POST /api/v1/auth/login",
      "POST /api/v1/auth/logout",
      "POST /api/v1/auth/password",
      "POST /api/v1/auth/refresh",
      "POST /api/v1/backups",
      "POST /api/v1/collections",
      "POST /api/v1/collections/{collection}/count",
      "POST /api/v1/collections/{collection}/documents",
      "POST /api/v1/collections/{collection}/documents/delete",
      "POST /api/v1/collections/{collection}/documents/get",
      "POST /api/v1/collections/{collection}/documents/patch",
      "POST /api/v1/collections/{collection}/facets",
      "POST /api/v1/collections/{collection}/insert",
      "POST /api/v1/collections/{collection}/query",
      "POST /api/v1/collections/{collection}/query/batch",
      "POST /api/v1/collections/{collection}/reembed",
      "POST /api/v1/collections/{collection}/reembed/cancel",
      "POST /api/v1/collections/{collection}/reembed/pause",
      "POST /api/v1/collections/{collection}/reembed/resume",
      "POST /api/v1/collections/{collection}/reembed/rollback",
      "POST /api/v1/collections/{collection}/scroll",
      "POST /api/v1/collections/{collection}/snapshots",
      "POST /api/v1/collections/{collection}/snapshots/{snapshot}/restore",
      "POST /api/v1/collections/{collection}/tier",
      "POST /api/v1/databases",
      "POST /api/v1/embed",
      "POST /api/v1/models/{model}/switch",
      "POST /api/v1/policies",
      "POST /api/v1/policies/simulate",
      "POST /api/v1/policies/validate",
      "POST /api/v1/tenants",
      "POST /api/v1/users",
      "POST /api/v1/verifications",
      "POST /mcp",
      "POST /v1/embeddings",
      "PUT /api/v1/collections/{collection}/docs/{id}",
      "PUT /api/v1/collections/{collection}/documents/{id}",
    ].sort(),
  );
});

test("describes no route that is not there", async () => {
  for (const [path, method] of operations) {
    const url = path.replace("{collection}", "none").replace("{id}", "none");
    const { status } = await server.call(method.toUpperCase(), url);
    expect({ path, method, status }).not.toEqual({ path, method, status: 405 });
    // A collection that is not there is not found, too, but with a resource of its own.
    if (!path.includes("{")) expect(status).not.toBe(404);
  }
});

test("is OpenAPI 3.1: each operation has its own id, a tag that is declared, answers, and the path's parameters", () => {
  expect(document.openapi).toMatch(/^3\.1\./);
  expect(document.info).toMatchObject({ title: "AkiDB", version: expect.any(String) });
  const ids = operations.map(([, , { operationId }]) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const tags = document.tags.map(({ name }: { name: string }) => name);
  for (const [path, , operation] of operations) {
    expect(operation.summary).not.toBe("");
    expect(tags).toEqual(expect.arrayContaining([...operation.tags]));
    const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
    expect(inPath.map(({ name }) => `{${name}}`).sort()).toEqual([...(path.match(/\{\w+\}/g) ?? [])].sort());
    expect(inPath.every(({ required }) => required)).toBe(true);
    expect(Object.keys(operation.responses)).toContain("default");
    for (const response of Object.values(operation.responses)) expect(response.description).not.toBe("");
  }
});

test("every reference leads somewhere, and what it leads to is a schema", () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(
    ([, reference]) => reference!,
  );
  expect(references.length).toBeGreaterThan(20);
  for (const reference of new Set(references)) {
    const [, name] = /^#\/components\/schemas\/(\w+)$/.exec(reference) ?? [];
    expect(document.components.schemas[name ?? reference]).toMatchObject({});
  }
  expect(JSON.stringify(document)).not.toContain('"$id"');
});

test("refusals are problems, documents may be streamed, and there are examples", () => {
  for (const [path, , { responses }] of operations) {
    const type = path === "/mcp" || path.startsWith("/v1/") ? "application/json" : "application/problem+json";
    expect(Object.keys(responses["default"]?.content ?? {}), path).toEqual([type]);
  }
  const upsert = document.paths["/api/v1/collections/{collection}/documents"].post;
  expect(Object.keys(upsert.requestBody.content)).toEqual(["application/json", "application/x-ndjson"]);
  for (const name of ["CreateCollection", "DocumentInput", "Query"]) {
    expect(document.components.schemas[name].examples).toHaveLength(1);
  }
});

test("is valid by the schema of OpenAPI itself", async () => {
  const result = await new Validator().validate(structuredClone(document));
  expect(result).toMatchObject({ valid: true });
});

test("every example is what its schema asks for, and every body that is an object has one", () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ ...document, $id: "openapi" });
  let exampleCount = 0;
  const check = (schema: object, at: string): void => {
    const { examples } = schema as { readonly examples?: unknown };
    if (Array.isArray(examples)) {
      const validate = ajv.getSchema(`openapi#${at}`);
      for (const example of examples) {
        exampleCount += 1;
        expect({ at, example, valid: validate?.(example), errors: validate?.errors }).toMatchObject({
          valid: true,
        });
      }
    }
    for (const [name, value] of Object.entries(schema)) {
      if (typeof value !== "object" || value === null || name === "examples") continue;
      check(value, `${at}/${encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"))}`);
    }
  };
  check(document, "");
  expect(exampleCount).toBeGreaterThan(50);
  const without: string[] = [];
  for (const [path, method, { requestBody }] of operations) {
    // biome-ignore lint/suspicious/noExplicitAny: a document of which the tests look at parts
    const schema: any = requestBody?.content["application/json"];
    if (schema === undefined) continue;
    const reference: string | undefined = schema.schema.$ref;
    const named =
      reference === undefined ? schema.schema : document.components.schemas[reference.split("/").at(-1)!];
    if ((named.examples ?? schema.examples ?? schema.example) === undefined)
      without.push(`${method} ${path}`);
  }
  expect(without).toEqual([]);
});

test("tells which credentials there are, and that none is needed where everybody may ask", () => {
  expect(Object.keys(document.components.securitySchemes)).toEqual(["bearer", "apiKey"]);
  expect(document.paths["/health"].get.security).toEqual([]);
  expect(document.paths["/api/v1/collections"].get.security).toContainEqual({ bearer: [] });
});

test("can be browsed at /docs, with nothing from anywhere else", async () => {
  const page = await server.call("GET", "/docs");
  expect(page.status).toBe(200);
  expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'self'/);
  const links = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link as string);
  expect(links.length).toBeGreaterThan(3);
  for (const link of links) {
    expect(link).not.toMatch(/^(?:https?:)?\/\//);
    const { status } = await server.call("GET", new URL(link, `${server.url}/docs`).pathname);
    expect({ link, status }).toEqual({ link, status: 200 });
  }
  expect((await server.call("GET", "/docs/static/../../../package.json")).status).toBe(404);
});
