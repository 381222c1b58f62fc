import Type from "typebox";

/** The description of the API itself. */
export const OpenApiDocument = Type.Any({ description: "OpenAPI 3.1." });
