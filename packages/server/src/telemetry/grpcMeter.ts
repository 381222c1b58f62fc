export interface EndedCall {
  /** `akidb.collection.v1.CollectionService` */
  readonly service: string;
  readonly method: string;
  /** `OK`, `NOT_FOUND`, … */
  readonly status: string;
  readonly durationMs: number;
}

/** Is told of every call of a method that there is, once it is over. */
export interface GrpcMeter {
  ended(call: EndedCall): void;
}
