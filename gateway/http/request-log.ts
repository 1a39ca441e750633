import type { FastifyBaseLogger } from 'fastify'
import type { Bindings, ChildLoggerOptions, LogFn } from 'pino'

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

/**
 * A child of a logger that is made when something is written to it. Most requests write nothing, and a child redacts its
 * bindings as it is made, which took as much time as reading a small body.
 */
export class RequestLog implements FastifyBaseLogger {
  readonly #make: () => FastifyBaseLogger
  #made: FastifyBaseLogger | null = null

  constructor (parent: FastifyBaseLogger, bindings: Bindings, options: ChildLoggerOptions) {
    this.#make = () => parent.child(bindings, options)
  }

  get level (): string { return this.#child().level }
  get fatal (): LogFn { return this.#writer('fatal') }
  get error (): LogFn { return this.#writer('error') }
  get warn (): LogFn { return this.#writer('warn') }
  get info (): LogFn { return this.#writer('info') }
  get debug (): LogFn { return this.#writer('debug') }
  get trace (): LogFn { return this.#writer('trace') }
  get silent (): LogFn { return this.#writer('silent') }

  child (bindings: Bindings, options?: ChildLoggerOptions): FastifyBaseLogger {
    return this.#child().child(bindings, options)
  }

  #child (): FastifyBaseLogger {
    this.#made ??= this.#make()
    return this.#made
  }

  // Fastify looks at every method of a new logger, so looking must not make the child yet.
  #writer (level: Level): LogFn {
    return (...args: Parameters<LogFn>) => this.#child()[level](...args)
  }
}
