import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";

/** All of it comes from this server, and requests from the page go to this server alone. */
const contentSecurityPolicy =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'self'; " +
  "object-src 'none'; frame-ancestors 'none'";

/** The API to browse and to try at `/docs`; to be added behind the description that it shows. */
export async function addDocsPage(app: FastifyInstance): Promise<void> {
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: contentSecurityPolicy,
    theme: { title: "AkiDB API" },
    uiConfig: {
      deepLinking: true,
      docExpansion: "list",
      defaultModelsExpandDepth: 0,
      validatorUrl: null,
    },
  });
}
