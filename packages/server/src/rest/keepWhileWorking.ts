import type { FastifyInstance } from "fastify";

/**
 * A connection on which nothing moves is cut after a while; but not while its request is worked on, for then it is the server
 * that is silent. Most work ends at the request's deadline; what must not end halfway, as a restore, takes what it takes, and
 * its answer would be lost. That nobody waits for it any more is seen when it is written.
 */
export function keepWhileWorking(app: FastifyInstance): void {
  app.addHook("onRequest", ({ raw: request }, { raw: response }, done) => {
    // Who listens has to cut it.
    response.on("timeout", () => {
      if (!request.complete || response.headersSent) request.socket.destroy();
    });
    done();
  });
}
