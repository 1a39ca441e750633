import type { Directories, FactCollector, Field } from '../shell/facts.ts'

// What every machine of a kind has: programs, headers and libraries by their names. Settings, homes and keys lie elsewhere.
const SYSTEM = /^\/(?:usr(?!\/local\/etc(?:\/|$))|opt|bin|sbin|lib(?:32|64)?)(?:\/|$)/
const PRIVATE = /secret|private|credential|token|passw|\.(?:pem|key|p12|pfx|env)\b|\/\.\w/i

/** Whether a word names something that comes with the system, so that a look at names and sizes there says nothing of anybody. */
export function isSystemName (field: Field, directories: Directories, facts: FactCollector): boolean {
  if (!field.known || !/^[\w./+@*?:-]+$/.test(field.text)) return false
  return directories.every((directory) => {
    const place = facts.placeOf(field, directory)
    return SYSTEM.test(place) && !PRIVATE.test(place)
  })
}
