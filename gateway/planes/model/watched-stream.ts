import type { ModelFormat } from '../../../adapters/model-format.ts'

/** The same format, which tells how many characters of a stream there are after each piece of it. */
export function watchedFormat (format: ModelFormat, onChars: (chars: number) => void): ModelFormat {
  return {
    ...format,
    openStream (ports) {
      const stream = format.openStream(ports)
      const tell = (): void => {
        const { chars, callChars } = stream.facts()
        onChars(chars + callChars)
      }
      return {
        get done () { return stream.done },
        get holding () { return stream.holding },
        facts: () => stream.facts(),
        push (bytes) {
          const reading = stream.push(bytes)
          if (reading !== undefined) return reading.then(tell)
          tell()
          return undefined
        },
        end: () => stream.end(),
        settled: () => stream.settled(),
        broken: () => stream.broken(),
      }
    },
  }
}
