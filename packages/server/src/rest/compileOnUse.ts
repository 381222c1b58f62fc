import ajvCompiler, { type BuildCompilerFromPool } from "@fastify/ajv-compiler";
import serializerSelector, { type SerializerFactory } from "@fastify/fast-json-stringify-compiler";

const validators = ajvCompiler();
const serializers = serializerSelector();

/**
 * Fastify's own compilers, at the first request that needs what they make: a server has some two hundred routes with
 * three or four schemas each, is asked few of them, and spent most of its start on compiling all.
 */
export const compileOnUse: {
  readonly buildValidator: BuildCompilerFromPool;
  readonly buildSerializer: SerializerFactory;
} = {
  buildValidator: (schemas, options) => {
    const compiler = once(() => validators(schemas, options));
    return (route) => {
      const validator = once(() => compiler()(route));
      const validate = (data: unknown) => validator()(data);
      // There Fastify reads what is wrong, after a refusal.
      return Object.defineProperty(validate, "errors", { get: () => validator().errors }) as never;
    };
  },
  buildSerializer: (schemas, options) => {
    const compiler = serializers(schemas, options);
    return (route) => {
      const serializer = once(() => compiler(route));
      return (document) => serializer()(document);
    };
  },
};

function once<Value extends object>(make: () => Value): () => Value {
  let value: Value | undefined;
  return () => (value ??= make());
}
