/** Stands for all that a file holds when that is zeros or random bytes, of which nobody makes code. */
export const NOISE = '\0'

// `head -c 1M /dev/urandom`
const HEAD = /^head (?:-c ?|--bytes=)\d{1,9}[KMkm]?B? \/dev\/(?:zero|u?random)$/
const DD = /^dd(?: (?:if=\/dev\/(?:zero|u?random)|of=[\w./-]+|bs=\d{1,9}[kKmM]?B?|count=\d{1,9}[kKmM]?|status=(?:none|noxfer|progress)|iflag=fullblock))+(?: 2> ?\/dev\/null)?$/

/** Whether a command prints zeros or random bytes and nothing else. */
export function makesNoise (command: string): boolean {
  return HEAD.test(command)
}

/** The file that a `dd` fills with zeros or random bytes from its beginning to its end; null for any other command. */
export function noiseFile (command: string): string | null {
  const files = DD.test(command) ? [...command.matchAll(/ of=(\S+)/g)] : []
  return files.length === 1 && / if=\S/.test(command) ? files[0]?.[1] ?? null : null
}
