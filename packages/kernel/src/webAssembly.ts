/** The part of the WebAssembly interface that is used here; TypeScript has it only among the globals of browsers. */
declare global {
  namespace WebAssembly {
    class Module {
      constructor(bytes: Uint8Array<ArrayBuffer>);
    }
    class Memory {
      constructor(descriptor: { initial: number; maximum: number; shared: true });
      readonly buffer: SharedArrayBuffer;
    }
    class Instance {
      constructor(module: Module, imports: { env: { memory: Memory } });
      readonly exports: unknown;
    }
    function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  }
}

export {};
