import type { MessagePort } from "node:worker_threads";

type Transferred = NonNullable<Parameters<MessagePort["postMessage"]>[1]>[number];

/** What both ends of a channel between threads can do. */
export interface ThreadPort {
  postMessage(messages: unknown, transferred: readonly Transferred[]): void;
}

/**
 * Sends what comes up in one turn of the event loop as one message: to wake the other thread takes longer than most of what is
 * sent.
 */
export class MessageBatches<Message> {
  readonly #port: ThreadPort;
  readonly #onUnsendable: (message: Message, cause: unknown) => void;
  #messages: Outgoing<Message>[] = [];

  /** @param onUnsendable is told of what cannot be copied to another thread; the others of its turn go all the same */
  constructor(port: ThreadPort, onUnsendable: (message: Message, cause: unknown) => void) {
    this.#port = port;
    this.#onUnsendable = onUnsendable;
  }

  /** @param transferred what is not to be copied, and gone from here afterwards */
  send(message: Message, transferred: readonly Transferred[] = []): void {
    if (this.#messages.length === 0) setImmediate(() => this.#flush());
    this.#messages.push({ message, transferred });
  }

  #flush(): void {
    const outgoing = this.#messages;
    this.#messages = [];
    try {
      this.#post(outgoing);
    } catch {
      for (const each of outgoing) this.#postAlone(each);
    }
  }

  #postAlone(outgoing: Outgoing<Message>): void {
    try {
      this.#post([outgoing]);
    } catch (cause) {
      this.#onUnsendable(outgoing.message, cause);
    }
  }

  #post(outgoing: readonly Outgoing<Message>[]): void {
    this.#port.postMessage(
      outgoing.map(({ message }) => message),
      outgoing.flatMap(({ transferred }) => transferred),
    );
  }
}

interface Outgoing<Message> {
  readonly message: Message;
  readonly transferred: readonly Transferred[];
}
