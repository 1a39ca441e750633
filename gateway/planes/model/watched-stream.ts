import type { ModelFormat } from '../../../adapters/model-format.ts'

/** The same format, which tells how many characters of a stream there are after each piece of it. */
export function watchedFormat (format: ModelFormat, onChars: (chars: number) => void): ModelFormat {
  return {
    ...format,
    openStream (ports) {
      const stream = format.openStream(ports)
      return {
        get done () { return stream.done },
        get holding () { return stream.holding },
        facts: () => stream.facts(),
        async push (bytes) {
          await stream.push(bytes)
          onChars(stream.facts().chars)
        },
        end: () => stream.end(),
        settled: () => stream.settled(),
        broken: () => stream.broken(),
      }
    },
  }
}
